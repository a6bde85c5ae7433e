"""Edit vectors applied to many portraits: pictures, one table, resumable, on one process or a dask cluster."""
