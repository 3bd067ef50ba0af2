"""HTTP to vendors: HTTP/1.1 over connections of the event loop's own, read by llhttp."""
