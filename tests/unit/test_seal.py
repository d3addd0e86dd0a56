"""The seal: what the standards answer, what is signed, whose word counts, and until when."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from speedcam.errors import SealError
from speedcam.explain.dossier import exhibit_bytes
from speedcam.model import ExhibitKind
from speedcam.record import dumps
from speedcam.redo import agrees
from speedcam.seal.bundle import EXHIBITS, FOR_OWNERS, gather
from speedcam.seal.checks import Outcome
from speedcam.seal.keys import (
    PublicKey,
    SigningKey,
    load_public_key,
    load_signing_key,
    new_key,
)
from speedcam.seal.manifest import facts_of, manifest_bytes, parse_manifest, unsealed
from speedcam.seal.registry import (
    certified,
    empty_registry,
    parse_registry,
    registry_bytes,
    revoked,
    to_ms,
)
from speedcam.seal.replay import replay_raw
from speedcam.seal.verify import holds, verify
from tests.builders_office import AT, a_passage, a_speed
from tests.builders_raw import some_raw
from tests.builders_seals import a_sealed_passage, a_sealed_site, an_entry, sealed, some_trust

# RFC 8032, section 7.1, tests 1 to 3: secret key, public key, message, signature.
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]


@pytest.mark.parametrize(("secret", "public", "message", "signature"), RFC_8032)
def test_keys_sign_and_check_as_rfc_8032_says(secret, public, message, signature):
    key = SigningKey(private=Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret)))
    assert key.public == PublicKey(raw=bytes.fromhex(public))
    assert key.sign(bytes.fromhex(message)).hex() == signature
    assert key.public.signed(bytes.fromhex(message), bytes.fromhex(signature))


def test_canonical_json_is_that_of_rfc_8785():
    # Section 3.2.2 with its output in 3.2.4, without the numbers that no manifest has.
    told = {
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }
    assert rfc8785.dumps(told).hex() == (
        "7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c2273"
        "7472696e67223a22e282ac245c75303030665c6e4127425c225c5c5c5c5c222f227d"
    )
    # Section 3.2.3: keys in the order of their UTF-16 units.
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    ordered = list(json.loads(rfc8785.dumps(dict.fromkeys(names, 1))))
    assert ordered == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


@pytest.fixture(scope="module")
def signed(tmp_path_factory):
    """A signed passage, everything that is known of it, and who vouches for the camera."""
    folder = tmp_path_factory.mktemp("signed")
    trust = some_trust(folder)
    passage = a_sealed_passage(folder, trust.camera)
    members = gather(passage, partial(exhibit_bytes, folder), EXHIBITS)
    return folder, trust, passage, members


def outcome(members, trust, registry=None):
    content = registry_bytes(registry, trust.root) if registry else trust.content
    return verify(members, content, trust.pub)


def faults(checks):
    return {each.about for each in checks if each.outcome is Outcome.FAILED}


def test_a_whole_bundle_holds_and_measures_the_same_again(signed):
    _, trust, _, members = signed
    checks = outcome(members, trust)
    assert holds(checks)
    assert {c.about for c in checks if c.outcome is Outcome.WITHHELD} == {"footage"}
    assert {c.outcome for c in replay_raw(members)} == {Outcome.OK}


def test_withheld_pictures_are_said_to_be_and_fail_nothing(signed):
    folder, trust, passage, _ = signed
    checks = outcome(gather(passage, partial(exhibit_bytes, folder), FOR_OWNERS), trust)
    withheld = {c.about for c in checks if c.outcome is Outcome.WITHHELD}
    assert withheld == {"footage", "exhibit still_first", "exhibit still_last", "exhibit plate"}
    assert holds(checks)


def test_a_manifest_holds_whole_numbers_words_and_digests_only(signed):
    *_, members = signed

    def no_fraction(text):
        raise AssertionError(text)

    told = json.loads(members["manifest.json"], parse_float=no_fraction)
    assert told["facts"]["speed"]["measured_m_h"] > 50_000
    assert told["corrupt_frames"] == 0
    assert len(told["salt"]) == 64


def test_signing_again_gives_the_same_bytes_and_another_key_another_salt(signed, tmp_path):
    folder, trust, passage, members = signed
    again = a_sealed_passage(tmp_path, trust.camera)
    assert gather(again, partial(exhibit_bytes, tmp_path), EXHIBITS) == members
    assert again == passage
    other = some_trust(tmp_path / "other").camera
    assert other.salt(passage.id) != trust.camera.salt(passage.id)
    assert trust.camera.salt("5" * 32) != trust.camera.salt(passage.id)
    assert folder != tmp_path


@pytest.mark.parametrize(
    "change",
    [
        {"limit_kmh": 30},
        {"lane": "2"},
        {"plate": None},
        {"at": AT + timedelta(milliseconds=1)},
        {"place": replace(a_passage().place, site_id="AL-OTHER")},
        {"speed": a_speed(99.0)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_passage_than_the_signed_one_fails(signed, change):
    _, trust, passage, members = signed
    other = dumps(unsealed(replace(passage, **change))).encode()
    assert faults(outcome(members | {"passage.json": other}, trust)) >= {"passage"}


def test_blanks_added_to_the_passage_fail_too(signed):
    _, trust, _, members = signed
    spaced = members["passage.json"] + b" "
    assert faults(outcome(members | {"passage.json": spaced}, trust)) == {"passage file"}


@pytest.mark.parametrize(
    ("changes", "about"),
    [
        ({"sites": ("AL-OTHER",)}, "key"),
        ({"from_ms": to_ms(AT)}, "key"),
        ({"until_ms": to_ms(AT)}, "key"),
        ({"revoked_ms": to_ms(AT)}, "key"),
        ({"revoked_ms": to_ms(AT) + 1000}, None),
        ({"until_ms": to_ms(AT) + 1}, None),
    ],
    ids=["site", "too early", "too late", "revoked", "revoked later", "just in time"],
)
def test_a_key_signs_for_its_sites_and_its_time_only(signed, changes, about):
    _, trust, _, members = signed
    entry = replace(trust.registry.cameras[0], **changes)
    registry = replace(trust.registry, cameras=(entry,))
    assert faults(outcome(members, trust, registry)) == ({about} if about else set())


def test_a_camera_that_nobody_vouches_for_fails(signed):
    _, trust, _, members = signed
    assert faults(outcome(members, trust, empty_registry(trust.pub))) == {"key"}


def test_a_registry_of_another_root_is_trusted_in_nothing(signed, tmp_path):
    _, trust, _, members = signed
    other = some_trust(tmp_path)
    assert faults(verify(members, trust.content, other.pub)) == {"registry"}
    forged = registry_bytes(trust.registry, other.root)
    assert faults(verify(members, forged, trust.pub)) == {"registry"}


def test_a_signature_of_the_root_over_a_manifest_is_not_one_of_a_camera(signed):
    _, trust, _, members = signed
    by_root = members | {"manifest.sig": trust.root.sign(members["manifest.json"])}
    assert faults(outcome(by_root, trust)) == {"signature"}


def test_a_signed_manifest_of_damaged_frames_proves_no_speed(signed):
    _, trust, _, members = signed
    told = replace(parse_manifest(members["manifest.json"]), corrupt_frames=1)
    content = manifest_bytes(told)
    changed = {"manifest.json": content, "manifest.sig": trust.camera.sign(content)}
    assert faults(outcome(members | changed, trust)) == {"frames", "raw data"}


def test_replay_finds_a_speed_that_does_not_follow_from_the_raw_data(signed, tmp_path):
    _, trust, passage, members = signed
    site = a_sealed_site()
    invented = replace(passage.speed, speed_kmh=passage.speed.speed_kmh + 9)
    bare = tuple(e for e in passage.exhibits if e.kind in EXHIBITS)
    raw = some_raw(site=site, passage_id=passage.id)
    told = sealed(
        replace(passage, speed=invented, exhibits=bare), raw, site, tmp_path, trust.camera
    )
    seal = {
        kind: (tmp_path / e.path).read_bytes()
        for e in told.exhibits
        if (kind := e.kind) not in EXHIBITS
    }
    liar = members | {
        "passage.json": dumps(unsealed(told)).encode(),
        "manifest.json": seal[ExhibitKind.MANIFEST],
        "manifest.sig": seal[ExhibitKind.SIGNATURE],
    }
    assert Outcome.FAILED in {c.outcome for c in replay_raw(liar)}
    assert "raw data" in faults(outcome(liar, trust))
    assert not agrees(invented, passage.speed)


def test_the_times_of_a_manifest_are_those_of_the_passage():
    facts = facts_of(a_passage(at=datetime(2026, 10, 14, 6, 30, 12, 480_000, tzinfo=UTC)))
    assert facts.end_ms == 1_791_959_412_480
    assert facts.end_ms - facts.start_ms == 1500
    assert facts.clip_start_ms == facts.end_ms - 13_000
    assert facts.clock.offset_ms == 100


def test_a_key_that_others_may_read_is_refused(tmp_path):
    private, public = new_key(tmp_path, "cam")
    assert load_signing_key(private).public == load_public_key(public)
    assert private.stat().st_mode & 0o777 == 0o600
    private.chmod(0o640)
    with pytest.raises(SealError, match="others"):
        load_signing_key(private)


def test_a_key_is_never_replaced_and_never_followed_through_a_link(tmp_path):
    private, public = new_key(tmp_path, "cam")
    with pytest.raises(SealError, match="already"):
        new_key(tmp_path, "cam")
    link = tmp_path / "link.key"
    link.symlink_to(private)
    for path in (link, public, tmp_path / "none.key"):
        with pytest.raises(SealError):
            load_signing_key(path)
    with pytest.raises(SealError, match="plain file name"):
        new_key(tmp_path, "../cam")


def test_a_revoked_key_stays_revoked(tmp_path):
    trust = some_trust(tmp_path)
    entry = trust.registry.cameras[0]
    ended = revoked(trust.registry, entry.public.id, AT)
    assert ended.number == trust.registry.number + 1
    with pytest.raises(SealError, match="for good"):
        certified(ended, an_entry(trust.camera.public))
    with pytest.raises(SealError, match="earlier"):
        revoked(ended, entry.public.id, AT + timedelta(days=1))
    assert revoked(ended, entry.public.id, AT - timedelta(days=1)).number == ended.number + 1
    with pytest.raises(SealError, match="no key"):
        revoked(ended, "0" * 32, AT)


def test_any_changed_byte_of_a_registry_is_found(tmp_path):
    trust = some_trust(tmp_path)
    content = trust.content
    assert parse_registry(content, trust.pub) == trust.registry
    for place in range(len(content)):
        changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        with pytest.raises(SealError):
            parse_registry(changed, trust.pub)


def test_a_camera_that_signs_another_limit_than_its_site_file_has_is_found_out(tmp_path):
    trust = some_trust(tmp_path)
    passage = a_sealed_passage(tmp_path, trust.camera, limit=30)
    members = gather(passage, partial(exhibit_bytes, tmp_path), EXHIBITS)
    assert faults(outcome(members, trust)) == {"limit"}


def test_a_camera_that_signs_the_raw_data_of_another_passage_is_found_out(signed, tmp_path):
    _, trust, passage, members = signed
    other = a_sealed_passage(tmp_path, trust.camera, "5" * 32)
    (theirs,) = (e for e in other.exhibits if e.kind is ExhibitKind.RAW)
    proof = [e for e in passage.exhibits if e.kind in EXHIBITS and e.kind is not ExhibitKind.RAW]
    mixed = replace(passage, exhibits=(*proof, theirs))
    site = a_sealed_site()
    told = sealed(mixed, some_raw(site=site), site, tmp_path, trust.camera)
    seal = gather(told, partial(_either, tmp_path, signed[0]), EXHIBITS)
    assert faults(outcome(seal, trust)) == {"raw data"}
    assert seal["photo.jpg"] == members["photo.jpg"]


def _either(one, other, exhibit):
    folder = one if (one / exhibit.path).exists() and exhibit.kind not in PICTURES else other
    return exhibit_bytes(folder, exhibit)


PICTURES = set(EXHIBITS) - {ExhibitKind.RAW}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("at", "0001-01-01T00:00:00Z"),
        ("at", "9999-12-31T23:59:59Z"),
        ("over_s", 1e300),
        ("speed_kmh", 1e308),
    ],
)
def test_a_passage_of_no_time_or_speed_that_there_can_be_fails(signed, field, value):
    _, trust, _, members = signed
    told = json.loads(members["passage.json"])
    (told if field in told else told["speed"])[field] = value
    changed = members | {"passage.json": json.dumps(told).encode()}
    assert faults(outcome(changed, trust)) >= {"passage"}
    assert not holds(replay_raw(changed))


def test_a_site_file_that_nobody_signed_is_not_read(signed):
    _, trust, _, members = signed
    slow = b".".join([b"a"] * 500) + b" = 1"
    assert faults(outcome(members | {"site.toml": slow}, trust)) == {"site file"}
