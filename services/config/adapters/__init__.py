"""What the use cases need from outside, made of real parts."""
