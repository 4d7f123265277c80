"""An S3 server of the tests' own, and what is in it."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
from collections.abc import Iterator
from typing import Any

KEYS = {
    "AWS_ACCESS_KEY_ID": "tester",
    "AWS_SECRET_ACCESS_KEY": "of no use elsewhere",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@contextlib.contextmanager
def s3_server() -> Iterator[str]:
    """Run moto's server on a free port of this machine; its address, which the environment says too meanwhile."""
    from moto.server import ThreadedMotoServer
    from s3fs import S3FileSystem

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    said = {**KEYS, "AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_CONFIG_FILE": os.devnull}
    before = {name: os.environ.get(name) for name in said}
    os.environ.update(said)
    S3FileSystem.clear_instance_cache()  # they know the last server's address
    try:
        yield said["AWS_ENDPOINT_URL"]
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        server.stop()


class Bucket:
    """A bucket, seen by another client than rebokeh's: boto3."""

    def __init__(self) -> None:
        import boto3

        self.client: Any = boto3.client("s3")
        self.name = f"bucket-{secrets.token_hex(6)}"
        self.client.create_bucket(Bucket=self.name)

    @property
    def url(self) -> str:
        """Return its URL."""
        return f"s3://{self.name}"

    def put(self, key: str, data: bytes) -> None:
        """Write an object."""
        self.client.put_object(Bucket=self.name, Key=key, Body=data)

    def get(self, key: str) -> bytes:
        """Read an object."""
        return self.client.get_object(Bucket=self.name, Key=key)["Body"].read()

    def keys(self, prefix: str = "") -> list[str]:
        """List the objects below a prefix."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return sorted(item["Key"] for page in pages for item in page.get("Contents", ()))

    def pictures(self, prefix: str) -> dict[str, bytes]:
        """Read what stands below a prefix and is no part, journal or claim."""
        return {key.removeprefix(prefix): self.get(key) for key in self.keys(prefix) if ".rebokeh/" not in key}
