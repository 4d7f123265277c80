"""Pictures of data: false colour, montages."""
