"""API keys: made, recognised, digested."""

import hashlib
import hmac
import random
import string

from hypothesis import given
from hypothesis import strategies as st

from chassis import keys

BASE62 = string.digits + string.ascii_letters
MUTATED = 100_000


def a_key(seed: int = 1) -> str:
    return keys.generate(random.Random(seed).choice)


def test_generated_key_has_the_documented_form_and_is_wellformed() -> None:
    key = keys.generate()
    assert key.startswith("sw_")
    assert len(key) == 3 + 32 + 6
    assert set(key[3:]) <= set(BASE62)
    assert keys.is_wellformed(key)


def test_generated_keys_differ() -> None:
    assert len({keys.generate() for _ in range(1000)}) == 1000


def test_form_stays_as_it_is() -> None:
    """Keys that were given out must be recognised for ever; the checksum was computed by other means."""
    assert keys.is_wellformed("sw_" + "0" * 32 + "2wjyrI")
    assert not keys.is_wellformed("sw_" + "0" * 32 + "2wjyrJ")


def test_every_change_of_one_character_is_found() -> None:
    for seed in range(20):
        key = a_key(seed)
        for position in range(len(key)):
            for other in BASE62 + "_-. é\n\0":
                if other != key[position]:
                    assert not keys.is_wellformed(key[:position] + other + key[position + 1 :])


def test_hundred_thousand_mutated_keys_are_all_refused() -> None:
    rng = random.Random(7)
    accepted = []
    for _ in range(MUTATED):
        key = list(keys.generate(rng.choice))
        original = "".join(key)
        for _ in range(rng.randint(1, 4)):
            match rng.randrange(4):
                case 0:
                    key[rng.randrange(3, len(key))] = rng.choice(BASE62)
                case 1:
                    a, b = rng.randrange(3, len(key)), rng.randrange(3, len(key))
                    key[a], key[b] = key[b], key[a]
                case 2:
                    key.insert(rng.randrange(len(key)), key.pop(rng.randrange(len(key))))
                case _:
                    at = rng.randrange(len(key))
                    key[at] = key[at].swapcase()
        mutated = "".join(key)
        if mutated != original and keys.is_wellformed(mutated):
            accepted.append((original, mutated))
    # One in 2**32 passes by chance; with this seed none does.
    assert accepted == []


@given(st.text(max_size=60))
def test_any_text_is_answered_without_an_error(text: str) -> None:
    assert not keys.is_wellformed(text)
    assert not keys.is_wellformed(f"sw_{text}")


@given(st.text(BASE62, min_size=32, max_size=32))
def test_body_without_its_checksum_is_refused(body: str) -> None:
    assert not keys.is_wellformed(f"sw_{body}")
    assert not keys.is_wellformed(f"sw_{body}zzzzzz")


def test_digest_is_hmac_sha256_under_the_pepper() -> None:
    key = a_key()
    assert keys.digest(key, b"pepper") == hmac.new(b"pepper", key.encode(), hashlib.sha256).digest()
    assert len(keys.digest(key, b"pepper")) == 32
    assert keys.digest(key, b"pepper") != keys.digest(key, b"another")


def test_prefix_shows_five_characters_of_the_secret() -> None:
    key = a_key()
    assert keys.prefix(key) == key[:8]
