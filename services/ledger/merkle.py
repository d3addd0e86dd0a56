"""The Merkle tree of RFC 6962, section 2.1: roots, proofs, and how a stranger checks them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

HASH_BYTES = 32

Node = tuple[int, int]
"""A full subtree: its level, 0 for leaves, and its index among those of that level."""

NodeAt = Callable[[Node], bytes]
"""Says the hash of a full subtree that is stored."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf; its prefix keeps it apart from every inner node."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def peaks(size: int) -> tuple[Node, ...]:
    """The full subtrees that a tree of ``size`` leaves is made of, the largest first."""
    levels = [level for level in range(size.bit_length()) if size >> level & 1]
    return tuple((level, (size >> level) - 1) for level in reversed(levels))


@dataclass(slots=True)
class Frontier:
    """The right edge of a tree: all that is needed to append to it."""

    size: int = 0
    edge: list[bytes] = field(default_factory=list)
    """Hashes of :func:`peaks`."""

    def append(self, leaf: bytes) -> bytes:
        """Take a leaf's hash in; it and the full subtrees that it completes, end to end."""
        made, full = [leaf], self.size
        while full & 1:
            made.append(node_hash(self.edge.pop(), made[-1]))
            full >>= 1
        self.edge.append(made[-1])
        self.size += 1
        return b"".join(made)

    @property
    def root(self) -> bytes:
        """The root of the tree."""
        return _folded(self.edge)


def root_at(node_at: NodeAt, size: int) -> bytes:
    """The root that the tree had when it had ``size`` leaves."""
    return _span(node_at, 0, size)


def inclusion_path(node_at: NodeAt, index: int, size: int) -> list[bytes]:
    """The proof that leaf ``index`` is in the tree of ``size`` leaves (RFC 6962, 2.1.1)."""
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + _left_of(end - start)
        if index < middle:
            path.append(_span(node_at, middle, end))
            end = middle
        else:
            path.append(_span(node_at, start, middle))
            start = middle
    return path[::-1]


def consistency_path(node_at: NodeAt, old: int, size: int) -> list[bytes]:
    """The proof that the tree of ``old`` leaves begins that of ``size`` (RFC 6962, 2.1.2)."""
    if old in {0, size}:
        return []
    path, start, end = [], 0, size
    while old != end:
        middle = start + _left_of(end - start)
        if old <= middle:
            path.append(_span(node_at, middle, end))
            end = middle
        else:
            path.append(_span(node_at, start, middle))
            start = middle
    if start:  # the old root itself is known to whoever asks
        path.append(_span(node_at, start, end))
    return path[::-1]


def is_included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether ``path`` proves that a leaf of this hash is the tree's (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, known = index, size - 1, leaf
    for each in path:
        if not last:
            return False
        if place & 1 or place == last:
            known = node_hash(each, known)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            known = node_hash(known, each)
        place, last = place >> 1, last >> 1
    return not last and known == root


def is_consistent(old: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Whether ``path`` proves that one tree only grew into the other (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= size:
        return False
    if old in {0, size}:
        return not path and (not old or old_root == root)
    whole = [old_root, *path] if old & (old - 1) == 0 else list(path)
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = whole[0] if whole else b""
    for each in whole[1:]:
        if not last:
            return False
        if place & 1 or place == last:
            before, after = node_hash(each, before), node_hash(each, after)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, each)
        place, last = place >> 1, last >> 1
    return not last and before == old_root and after == root


def _left_of(size: int) -> int:
    """The leaves of the left branch: the largest power of two below ``size``."""
    return 1 << (size - 1).bit_length() - 1


def _span(node_at: NodeAt, start: int, end: int) -> bytes:
    """The hash over leaves from ``start`` to ``end``, which are a branch of some tree."""
    nodes = peaks(end - start)
    return _folded([node_at((level, (start >> level) + index)) for level, index in nodes])


def _folded(hashes: Sequence[bytes]) -> bytes:
    if not hashes:
        return sha256(b"").digest()
    known = hashes[-1]
    for each in reversed(hashes[:-1]):
        known = node_hash(each, known)
    return known
