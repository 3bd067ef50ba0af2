"""More requests than can be answered: who is answered still, who is refused, how fast, and what it takes."""
