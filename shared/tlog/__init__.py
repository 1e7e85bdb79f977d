"""The log as others may check it: trees, notes, tiles, proofs. Pure; it knows no event and no service of ours.

`verify` stands alone: the standard library and `cryptography`, no other code of this project. What makes what it checks is
beside it.
"""
