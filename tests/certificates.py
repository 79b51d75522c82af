"""Certificates for servers on loopback, in the formats of Kafka's broker and its clients. They are created in each run."""

from collections.abc import Mapping
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)


def broker_certificate(authority: trustme.CA) -> Mapping[str, str]:
    """Return the settings of a broker that shows a certificate on the clients' listener and trusts the same authority."""
    server = authority.issue_cert("127.0.0.1")
    key = load_pem_private_key(server.private_key_pem.bytes(), None)
    settings = {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.certificate.chain": b"".join(each.bytes() for each in server.cert_chain_pems).decode(),
        # Java reads only PKCS 8
        "ssl.keystore.key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.certificates": authority.cert_pem.bytes().decode(),
    }
    return {f"listener.name.client.{name}": value for name, value in settings.items()}


def authority_file(authority: trustme.CA, directory: Path) -> str:
    """Write the authority's certificate to a file and return its path."""
    file = directory / "ca.crt"
    authority.cert_pem.write_to_path(str(file))
    return str(file)


def client_files(authority: trustme.CA, user: str, directory: Path) -> tuple[str, str]:
    """Write a user's certificate and key to files and return their paths."""
    certificate = authority.issue_cert(f"{user}@consumers.invalid", common_name=user)  # Java requires a common name too
    files = directory / "user.crt", directory / "user.key"
    for file, blob in zip(files, (certificate.cert_chain_pems[0], certificate.private_key_pem), strict=True):
        blob.write_to_path(str(file))
    return str(files[0]), str(files[1])
