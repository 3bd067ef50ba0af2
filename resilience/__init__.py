"""How a remote call is kept from hurting its caller or its callee: pure Python, no I/O, a Clock passed in."""
