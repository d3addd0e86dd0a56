"""Sealed evidence: what a camera signs, who vouches for its key, and how a stranger checks it.

keys      Ed25519 keys in files
manifest  what is signed: integers, words and digests, in one canonical form
registry  the cameras' public keys, a list that the root signed
checks    whether a seal holds, for the office and for everybody else
bundle    one file with all that is needed to check a passage
verify    every check of a bundle; replay: the measurement once more
"""
