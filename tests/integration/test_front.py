"""A server with TLS of its own, and one behind a proxy that it trusts."""

import re
import ssl
import subprocess
import sys
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPSHandler, Request, build_opener

import pytest

from services.errors import StoreError
from services.store import open_store
from services.web.front import Front, front_of
from tests.builders_api import some_history
from tests.builders_fines import without_waiting
from tests.builders_notice import StoppedClock
from tests.certificates import a_certificate


@contextmanager
def served(folder, *options):
    """The address of the pages of an office with two notices, and one of these."""
    with open_store(folder / "office", create=True) as store:
        some_history(without_waiting(store), folder / "camera", StoppedClock())
        fine = next(store.fines())
    command = [sys.executable, "-m", "speedcam", "serve", "--office", str(folder / "office")]
    with subprocess.Popen(
        [*command, "--port", "0", *map(str, options)], stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process.stderr.readline().split(" are at ")[1].strip(), fine
        finally:
            process.terminate()
            assert "Traceback" not in process.stderr.read()


def test_pages_over_https_come_with_cookies_that_are_bound_to_it(tmp_path):
    certificate, key = a_certificate(tmp_path)
    with served(tmp_path, "--tls-cert", certificate, "--tls-key", key) as (address, fine):
        assert address.startswith("https://127.0.0.1:")
        browser = build_opener(
            HTTPCookieProcessor(),
            HTTPSHandler(context=ssl.create_default_context(cafile=certificate)),
        )
        with browser.open(address, timeout=60) as answer:
            assert "max-age=63072000" in answer.headers["strict-transport-security"]
            cookie = answer.headers["set-cookie"]
            token = re.search(r'name="token" value="([^"]+)"', answer.read().decode())[1]
        assert cookie.startswith("__Host-visit=")
        assert "; Secure" in cookie
        plate = fine.violation.passage.plate.text
        typed = urlencode({"number": fine.number, "plate": plate, "token": token})
        with browser.open(f"{address}notice", typed.encode(), timeout=60) as answer:
            assert fine.number in answer.read().decode()
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.load_verify_locations(certificate)
        old.set_ciphers("ECDHE-ECDSA-AES128-SHA256")  # CBC: no authenticated encryption
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(OSError, match="SSL"):
            build_opener(HTTPSHandler(context=old)).open(address, timeout=60)


def tries_until_told_to_wait(address, forwarded):
    """How often somebody may guess from this address, as the proxy tells it."""
    for tries in range(30):
        browser = build_opener(HTTPCookieProcessor())
        headers = {"X-Forwarded-For": forwarded, "X-Forwarded-Proto": "https"}
        with browser.open(Request(address, headers=headers), timeout=60) as answer:  # noqa: S310 - ours
            token = re.search(r'name="token" value="([^"]+)"', answer.read().decode())[1]
            cookie = answer.headers["set-cookie"].partition(";")[0]
        typed = urlencode({"number": "AL26-AAAA-AAAA", "plate": "AA000AA", "token": token})
        headers["Cookie"] = cookie
        asked = Request(f"{address}notice", typed.encode(), headers)  # noqa: S310 - ours
        with pytest.raises(HTTPError) as refused:
            browser.open(asked, timeout=60)
        refused.value.close()
        if refused.value.code == 429:
            return tries, cookie
        assert refused.value.code == 404
    raise AssertionError("nobody was ever told to wait")


def test_a_trusted_proxy_says_who_asks_and_that_it_is_https(tmp_path):
    with served(tmp_path, "--trust-proxy", "127.0.0.1") as (address, _):
        for network in ("192.0.2.1", "198.51.100.1"):
            tries, cookie = tries_until_told_to_wait(address, network)
            assert tries == 5
            assert cookie.startswith("__Host-")


def test_nobody_else_says_who_asks(tmp_path):
    with served(tmp_path, "--trust-proxy", "192.0.2.9") as (address, _):
        tries, cookie = tries_until_told_to_wait(address, "192.0.2.1")
        assert (tries, cookie.startswith("visit=")) == (5, True)
        assert tries_until_told_to_wait(address, "198.51.100.1")[0] == 0


def test_a_front_that_cannot_be_is_told(tmp_path):
    certificate, key = a_certificate(tmp_path)
    assert front_of(certificate, key, "").scheme == "https"
    with pytest.raises(StoreError, match="--tls-key"):
        front_of(certificate, None, "")
    with pytest.raises(StoreError, match="--trust-proxy"):
        front_of(None, None, "everybody")
    with pytest.raises(StoreError, match=r"nothing\.pem"):
        front_of(tmp_path / "nothing.pem", key, "")
    with pytest.raises(StoreError, match="cannot be used for TLS"):
        front_of(key, key, "")
    key.chmod(0o644)
    with pytest.raises(StoreError, match="chmod 600"):
        front_of(certificate, key, "")
    assert front_of(None, None, "::1") == Front(proxy="::1")
