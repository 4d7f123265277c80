"""What runs a batch's jobs: this process, a pool of processes, a Dask cluster."""
