"""``anoa admin``: a lost phone, a lost password, forgotten sessions."""

import json

from tests.room.running import Browser, anoa, room


def test_it_lists_beside_a_server_and_without_one_resets_signs_out_and_gives_a_password(tmp_path):
    data = tmp_path / "data"
    with room(data):
        listed = anoa(data, "admin", "members")
        assert "posko  polda-sultra  duty_officer  -" in listed.stdout.splitlines()
        refused = anoa(data, "admin", "reset-factor", "posko")
        assert refused.returncode == 2 and len(refused.stderr.splitlines()) == 1
    done = anoa(data, "admin", "reset-factor", "pam-tps")
    assert done.returncode == 0 and "The log says so." in done.stdout
    assert "not in the log" in anoa(data, "admin", "reset-factor", "host-admin").stdout
    assert "have ended" in anoa(data, "admin", "sign-out", "posko").stdout
    admit = ("admin", "admit", "posko-2", "--agency", "polda-sultra", "--role")
    assert "reader" in anoa(data, *admit, "king").stderr
    second = anoa(data, *admit, "duty_officer").stdout.strip()
    assert "already" in anoa(data, *admit, "duty_officer").stderr
    assert "no longer" in anoa(data, "admin", "leave", "kesbangpol").stdout
    unknown = anoa(data, "admin", "sign-out", "nobody")
    assert unknown.returncode == 2 and "anoa admin members" in unknown.stderr
    fresh = anoa(data, "admin", "new-password", "posko").stdout.strip()
    with room(data, command="serve") as running:
        browser = Browser(running.address)
        assert browser.sign_in("posko", fresh).status == 302
        follower = Browser(running.address)
        assert follower.sign_in("posko-2", second).status == 302
        taken = follower.post("shift", verb="duty.take_over", subject="")
        assert taken.status == 302 and "posko-2" in browser.get("shift").text
        log = browser.get("log/export").text
    told = [one for one in map(json.loads, log.splitlines()) if "factor" in one.get("kind", "")]
    assert [(one["by"], one["subject"]) for one in told] == [("host-admin", "pam-tps")]
