"""The primitives give what their standards print (E-22): a library that errs is found here.

Numbers from RFC 8032 7.1, RFC 7748 5.2, RFC 8439 2.8.2, RFC 5869 A.1 and RFC 9106 5.3.
"""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mrd_desktop.ledger.keys import WEAK_KEYS, PublicKey, SigningKey
from mrd_desktop.vault.crypto import Unopened, box_public, seal, unseal, unwrap, wrap

SIGNATURES = (
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
        "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
)


@pytest.mark.parametrize(("secret", "public", "message", "signature"), SIGNATURES)
def test_ed25519(secret: str, public: str, message: str, signature: str) -> None:
    key = SigningKey.from_bytes(bytes.fromhex(secret))
    said, signed = bytes.fromhex(message), bytes.fromhex(signature)
    assert key.public.raw.hex() == public
    assert key.sign(said).hex() == signature
    known = PublicKey(bytes.fromhex(public))
    assert known.verify(signed, said)
    for bit in range(0, 512, 7):
        changed = bytearray(signed)
        changed[bit // 8] ^= 1 << bit % 8
        assert not known.verify(bytes(changed), said)


def test_x25519_once_and_a_thousand_times() -> None:
    scalar = point = (9).to_bytes(32, "little")
    after = {}
    for n in range(1, 1001):
        own = X25519PrivateKey.from_private_bytes(scalar)
        scalar, point = own.exchange(X25519PublicKey.from_public_bytes(point)), scalar
        after[n] = scalar.hex()
    assert after[1] == "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"
    assert after[1000] == "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"


def test_chacha20_poly1305() -> None:
    key = bytes(range(0x80, 0xA0))
    nonce = bytes.fromhex("070000004041424344454647")
    context = bytes.fromhex("50515253c0c1c2c3c4c5c6c7")
    plain = (
        b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
        b"future, sunscreen would be it."
    )
    sealed = bytes.fromhex(
        "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
        "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
        "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
        "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691"
    )
    assert ChaCha20Poly1305(key).encrypt(nonce, plain, context) == sealed
    assert unwrap(key, nonce + sealed, context) == plain


def test_hkdf() -> None:
    made = HKDF(hashes.SHA256(), 42, salt=bytes(range(13)), info=bytes(range(0xF0, 0xFA))).derive(
        b"\x0b" * 22
    )
    assert made.hex() == (
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )


def test_argon2id() -> None:
    made = Argon2id(
        salt=b"\x02" * 16, length=32, iterations=3, lanes=4, memory_cost=32,
        secret=b"\x03" * 8, ad=b"\x04" * 12,
    ).derive(b"\x01" * 32)  # fmt: skip
    assert made.hex() == "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"


def test_a_wrap_and_a_box_open_whole_or_not_at_all() -> None:
    key, context = bytes(range(32)), b"synthetic"
    for made, opened in (
        (wrap(key, b"secret", context), unwrap),
        (seal(box_public(key), b"secret", context), unseal),
    ):
        assert opened(key, made, context) == b"secret"
        for bit in range(len(made) * 8):
            changed = bytearray(made)
            changed[bit // 8] ^= 1 << bit % 8
            if opened is unseal and bit == 255:
                continue  # the curve's coordinates have 255 bits; the last is passed over
            with pytest.raises(Unopened):
                opened(key, bytes(changed), context)
        for size in range(len(made)):
            with pytest.raises(Unopened):
                opened(key, made[:size], context)
        with pytest.raises(Unopened):
            opened(key, made, b"another")


def test_no_box_is_closed_or_opened_with_a_point_that_anybody_shares() -> None:
    """Points of small order: the shared secret would be zero for every key."""
    shared = [bytes(32), (1).to_bytes(32, "little"), (2**255 - 20).to_bytes(32, "little")]
    shared += [
        bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
        bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    ]
    for point in shared:
        with pytest.raises(ValueError, match=r".*"):
            seal(point, b"secret", b"synthetic")
        with pytest.raises(Unopened):
            unseal(bytes(range(32)), point + bytes(22), b"synthetic")
    assert len(WEAK_KEYS) == 14
