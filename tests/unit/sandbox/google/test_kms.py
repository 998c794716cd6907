"""Encryption over gRPC and REST: it is real, bound to the key, and for those whom IAM lets."""

import base64

import grpc
import pytest

from unit.sandbox.google.clients import ADMIN, KEY, KEYS, OTHER_KEY, RING, World, error, failing

ENCRYPT, DECRYPT = "cloudkms.cryptoKeyVersions.useToEncrypt", "cloudkms.cryptoKeyVersions.useToDecrypt"
SECRET = b"a data key"


@pytest.fixture(scope="module")
def user(world: World) -> str:
    """An account that may use both keys both ways."""
    member = world.account("key-user")
    for key in (KEY, OTHER_KEY):
        world.allow(member, ENCRYPT, DECRYPT, on=key)
    return member


def test_what_was_encrypted_is_decrypted(world: World, user: str) -> None:
    with world.keys(user) as client:
        made = client.encrypt(name=KEY, plaintext=SECRET)
        assert made.name == f"{KEY}/cryptoKeyVersions/1"
        assert SECRET not in made.ciphertext
        assert client.decrypt(name=KEY, ciphertext=made.ciphertext).plaintext == SECRET
        assert client.encrypt(name=KEY, plaintext=SECRET).ciphertext != made.ciphertext


def test_a_ciphertext_opens_under_its_own_key_and_with_its_own_context_only(world: World, user: str) -> None:
    with world.keys(user) as client:
        made = client.encrypt(name=KEY, plaintext=SECRET, additional_authenticated_data=b"prod")
        changed = made.ciphertext[:-1] + bytes([made.ciphertext[-1] ^ 1])
        for wrong in (
            {"name": OTHER_KEY, "ciphertext": made.ciphertext, "additional_authenticated_data": b"prod"},
            {"name": KEY, "ciphertext": made.ciphertext, "additional_authenticated_data": b"dev"},
            {"name": KEY, "ciphertext": made.ciphertext},
            {"name": KEY, "ciphertext": changed, "additional_authenticated_data": b"prod"},
            {"name": KEY, "ciphertext": b"short"},
            {"name": KEY, "ciphertext": b""},
        ):
            with failing(grpc.StatusCode.INVALID_ARGUMENT, "Decryption failed"):
                client.decrypt(**wrong)


def test_rest_and_grpc_are_the_same_key(world: World, user: str) -> None:
    body = {"plaintext": base64.b64encode(SECRET).decode()}
    url = f"https://cloudkms.googleapis.com/v1/{KEY}:encrypt"
    made = world.send("POST", url, world.token(user), json=body).json()
    with world.keys(user) as client:
        ciphertext = base64.b64decode(made["ciphertext"])
        assert client.decrypt(name=KEY, ciphertext=ciphertext).plaintext == SECRET


def test_each_way_is_a_permission_of_its_own(world: World, user: str) -> None:
    reader = world.account("key-reader")
    world.allow(reader, DECRYPT, on=KEY)
    with world.keys(user) as client:
        made = client.encrypt(name=KEY, plaintext=SECRET)
    with world.keys(reader) as client:
        assert client.decrypt(name=KEY, ciphertext=made.ciphertext).plaintext == SECRET
        with failing(grpc.StatusCode.PERMISSION_DENIED, f"Permission '{ENCRYPT}' denied on resource .*{KEY}"):
            client.encrypt(name=KEY, plaintext=SECRET)
    with world.keys(world.account("stranger")) as client, failing(grpc.StatusCode.PERMISSION_DENIED, DECRYPT):
        client.decrypt(name=KEY, ciphertext=made.ciphertext)


def test_a_key_that_is_not_there_is_denied_like_one_that_is(world: World, user: str) -> None:
    with world.keys(user) as client, failing(grpc.StatusCode.PERMISSION_DENIED, "may not exist"):
        client.encrypt(name=f"{RING}/cryptoKeys/none", plaintext=SECRET)


def test_a_token_that_is_not_known_is_unauthenticated(world: World) -> None:
    response = world.send("POST", f"https://cloudkms.googleapis.com/v1/{KEY}:encrypt", "ya29.x", json={})
    assert error(response)["status"] == "UNAUTHENTICATED"


def test_a_version_that_is_to_be_destroyed_serves_no_more_until_it_is_restored_and_enabled(
    world: World, user: str
) -> None:
    key = f"{RING}/cryptoKeys/doomed"
    world.cloud.call(f"{KEYS}.create", key, ADMIN, {})
    world.allow(user, ENCRYPT, DECRYPT, on=key)
    with world.keys(user) as client:
        made = client.encrypt(name=key, plaintext=SECRET)
        world.cloud.call(f"{KEYS}.cryptoKeyVersions.destroy", f"{key}/cryptoKeyVersions/1", ADMIN)
        with failing(grpc.StatusCode.FAILED_PRECONDITION, "DESTROY_SCHEDULED"):
            client.decrypt(name=key, ciphertext=made.ciphertext)
        with failing(grpc.StatusCode.FAILED_PRECONDITION, "DESTROY_SCHEDULED"):
            client.encrypt(name=key, plaintext=SECRET)


def test_more_than_a_data_key_is_not_encrypted(world: World, user: str) -> None:
    with world.keys(user) as client, failing(grpc.StatusCode.INVALID_ARGUMENT, "longer than 65536"):
        client.encrypt(name=KEY, plaintext=b"x" * 65537)


def test_the_use_of_a_key_is_in_the_audit_log(world: World, user: str) -> None:
    with world.keys(user) as client:
        client.encrypt(name=KEY, plaintext=SECRET)
    last = world.cloud.store.calls()[-1]
    assert (last.method, last.principal, last.permissions) == (f"{KEYS}.encrypt", user, [ENCRYPT])
    assert last.decisions[0]["grantedBy"]["member"] == user
