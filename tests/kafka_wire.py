"""Writes Kafka headers with arbitrary bytes as names, through the C library in confluent-kafka's wheel."""

import ctypes
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import confluent_kafka

TEXT_BYTES = 512
SECONDS = 60
TOPIC, PARTITION, VALUE, HEADERS = 1, 3, 4, 10
"""rd_kafka_vtype_t (librdkafka's rdkafka.h)."""


class _Memory(ctypes.Structure):
    _fields_ = (("ptr", ctypes.c_char_p), ("size", ctypes.c_size_t))


class _Union(ctypes.Union):
    _fields_ = (
        ("i32", ctypes.c_int32),
        ("cstr", ctypes.c_char_p),
        ("ptr", ctypes.c_void_p),
        ("mem", _Memory),
        ("_pad", ctypes.c_char * 64),
    )


class _Argument(ctypes.Structure):
    """rd_kafka_vu_t."""

    _fields_ = (("vtype", ctypes.c_int), ("u", _Union))


@cache
def _library() -> Any:
    [path] = Path(confluent_kafka.__file__).parent.parent.glob("confluent_kafka.libs/librdkafka*")
    library = ctypes.CDLL(str(path))
    for name in ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_headers_new", "rd_kafka_produceva"):
        getattr(library, name).restype = ctypes.c_void_p
    text, size, pointer = ctypes.c_char_p, ctypes.c_ssize_t, ctypes.c_void_p
    library.rd_kafka_conf_set.argtypes = (pointer, text, text, text, ctypes.c_size_t)
    library.rd_kafka_new.argtypes = (ctypes.c_int, pointer, text, ctypes.c_size_t)
    library.rd_kafka_headers_new.argtypes = (ctypes.c_size_t,)
    library.rd_kafka_header_add.argtypes = (pointer, text, size, text, size)
    library.rd_kafka_produceva.argtypes = (pointer, ctypes.POINTER(_Argument), ctypes.c_size_t)
    library.rd_kafka_flush.argtypes = (pointer, ctypes.c_int)
    library.rd_kafka_destroy.argtypes = (pointer,)
    return library


def write(servers: str, topic: str, value: bytes, headers: Iterable[tuple[bytes, bytes | None]]) -> None:
    """Write one record to partition 0 and return when the brokers have confirmed it."""
    library, text = _library(), ctypes.create_string_buffer(TEXT_BYTES)
    settings = library.rd_kafka_conf_new()
    for name, setting in (("bootstrap.servers", servers), ("message.max.bytes", "1000000000")):
        library.rd_kafka_conf_set(settings, name.encode(), setting.encode(), text, TEXT_BYTES)
    producer = library.rd_kafka_new(0, settings, text, TEXT_BYTES)
    assert producer, text.value
    written = library.rd_kafka_headers_new(8)
    for name, content in headers:
        library.rd_kafka_header_add(written, name, len(name), content, len(content or b""))
    arguments = (_Argument * 4)()
    for argument, vtype in zip(arguments, (TOPIC, PARTITION, VALUE, HEADERS), strict=True):
        argument.vtype = vtype
    arguments[0].u.cstr = topic.encode()
    arguments[1].u.i32 = 0
    arguments[2].u.mem = _Memory(value, len(value))
    arguments[3].u.ptr = written
    assert library.rd_kafka_produceva(producer, arguments, 4) is None
    assert library.rd_kafka_flush(producer, SECONDS * 1000) == 0
    library.rd_kafka_destroy(producer)
