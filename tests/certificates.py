"""Certificates of a run for servers on loopback, in the forms that Kafka's broker and its clients read."""

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
    """Settings with which a broker shows a certificate on the clients' listener, and believes those of the same authority."""
    server = authority.issue_cert("127.0.0.1")
    key = load_pem_private_key(server.private_key_pem.bytes(), None)
    settings = {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.certificate.chain": b"".join(each.bytes() for each in server.cert_chain_pems).decode(),
        # Java reads PKCS 8 alone
        "ssl.keystore.key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.certificates": authority.cert_pem.bytes().decode(),
    }
    return {f"listener.name.client.{name}": value for name, value in settings.items()}


def authority_file(authority: trustme.CA, directory: Path) -> str:
    """The file that tells clients whose certificates to believe."""
    file = directory / "ca.crt"
    authority.cert_pem.write_to_path(str(file))
    return str(file)


def client_files(authority: trustme.CA, user: str, directory: Path) -> tuple[str, str]:
    """The files of a user's certificate and key."""
    certificate = authority.issue_cert(f"{user}@consumers.invalid", common_name=user)  # Java wants a name besides
    files = directory / "user.crt", directory / "user.key"
    for file, blob in zip(files, (certificate.cert_chain_pems[0], certificate.private_key_pem), strict=True):
        blob.write_to_path(str(file))
    return str(files[0]), str(files[1])
