"""The accounts of nats-server: who may say and hear what, signed by us and enforced by the server itself.

Operator mode (docs/adr/0027-an-account-for-each-agency.md): our services share the account CORE, each agency has one of its own
that imports its own office's events and nothing else. Invariant: no secret of an agency is ever here, only its public key.
"""
