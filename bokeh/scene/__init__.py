"""A photo taken apart: its lights, its slices of depth, its layers and what lies behind them."""
