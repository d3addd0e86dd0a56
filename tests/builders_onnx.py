"""Tiny ONNX networks, written byte by byte: protobuf, by the numbers of onnx.proto3."""

from __future__ import annotations

import numpy as np

FLOAT, INT64 = 1, 7


def a_network(box, number, *, names=None, size=64, score=None, colours=3):
    """A file that finds one ``box`` (pixels of its input) of class ``number``.

    Its score is the mean of the input's first colour, or ``score``: by it a test sees what the
    network was shown.
    """
    nodes = [
        _node("GlobalAveragePool", ["picture"], ["means"]),
        _node("Slice", ["means", "first", "second", "colours"], ["red"]),
        _node("Reshape", ["red", "one"], ["seen"]),
        _node(
            "Concat",
            ["box", "seen" if score is None else "score", "number"],
            ["found"],
            axis=2,
        ),
    ]
    tensors = [
        _tensor("first", np.array([0], np.int64)),
        _tensor("second", np.array([1], np.int64)),
        _tensor("colours", np.array([1], np.int64)),
        _tensor("one", np.array([1, 1, 1], np.int64)),
        _tensor("box", np.array(box, np.float32).reshape(1, 1, 4)),
        _tensor("score", np.array(score or 0.0, np.float32).reshape(1, 1, 1)),
        _tensor("number", np.array(number, np.float32).reshape(1, 1, 1)),
    ]
    if score is None:
        tensors = [tensor for tensor in tensors if b"score" not in tensor]
    graph = b"".join(
        [
            *(_bytes(1, node) for node in nodes),
            _bytes(2, b"tiny"),
            *(_bytes(5, tensor) for tensor in tensors),
            _bytes(11, _value("picture", (1, colours, size, size))),
            _bytes(12, _value("found", (1, 1, 6))),
        ]
    )
    told = _bytes(14, _bytes(1, b"names") + _bytes(2, str(names).encode())) if names else b""
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _bytes(1, b"") + _number(2, 13)) + told


def _node(kind, inputs, outputs, axis=None):
    parts = [_bytes(1, name.encode()) for name in inputs]
    parts += [_bytes(2, name.encode()) for name in outputs]
    parts.append(_bytes(4, kind.encode()))
    if axis is not None:
        parts.append(_bytes(5, _bytes(1, b"axis") + _number(3, axis) + _number(20, 2)))
    return b"".join(parts)


def _tensor(name, values):
    kind = FLOAT if values.dtype == np.float32 else INT64
    dims = b"".join(_number(1, side) for side in values.shape)
    return dims + _number(2, kind) + _bytes(8, name.encode()) + _bytes(9, values.tobytes())


def _value(name, shape):
    sides = b"".join(_bytes(1, _number(1, side)) for side in shape)
    kind = _bytes(1, _number(1, FLOAT) + _bytes(2, sides))
    return _bytes(1, name.encode()) + _bytes(2, kind)


def _number(field, value):
    return _varint(field << 3) + _varint(value)


def _bytes(field, content):
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
