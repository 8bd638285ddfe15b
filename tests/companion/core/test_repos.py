"""Keys of repositories: one for every way to write an address, and never a credential."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.repos import repo_key, repo_label


@pytest.mark.parametrize(
    "address",
    [
        "git@github.com:Org/Repo.git",
        "git@github.com:Org/Repo",
        "git@GitHub.com:Org/Repo/",
        "git@github.com:/Org/Repo.git/",
        "github.com:Org/Repo.git",
        "org-12@github.com:Org/Repo.git",
        "https://github.com/Org/Repo",
        "https://github.com/Org/Repo.git/",
        "https://github.com:443//Org/Repo.GIT",
        "HTTPS://github.com./Org/Repo",
        "https://token@github.com/Org/Repo",
        "https://user:token@github.com/Org/Repo.git",
        "https://user:p@ss/w:rd@github.com/Org/Repo.git",
        "https://github.com/Org/Repo?access_token=abc#readme",
        "https://github.com/Org/Re%70o",
        "ssh://git@github.com/Org/Repo.git",
        "ssh://git@ssh.github.com:443/Org/Repo.git",
        "[git@github.com:22]:Org/Repo.git",
        "git://github.com/Org/Repo.git",
        "git+ssh://git@github.com/Org/Repo.git",
        "  https://github.com/Org/Repo\n",
    ],
)
def test_one_repository_has_one_key(address: str) -> None:
    assert repo_key(address) == "github.com/Org/Repo"


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("ssh://git@host:22/a/b/c.git", "host/a/b/c"),
        ("git@gitlab.example.org:group/sub/deep/app.git", "gitlab.example.org/group/sub/deep/app"),
        ("git@host:~me/app.git", "host/~me/app"),
        ("work:Org/Repo", "work/Org/Repo"),
        ("https://host/repo.git", "host/repo"),
        ("http://localhost:3000/me/app.git", "localhost/me/app"),
        ("ssh://git@[::1]:22/a/b.git", "[::1]/a/b"),
        ("git@[2001:db8::1]:a/b.git", "[2001:db8::1]/a/b"),
        ("https://me@dev.azure.com/org/My%20Project/_git/app", "dev.azure.com/org/My Project/app"),
        ("git@ssh.dev.azure.com:v3/org/My%20Project/app", "dev.azure.com/org/My Project/app"),
        ("git@github.com:Org/.github.git", "github.com/Org/.github"),
        ("git@github.com:Org/site.git.git", "github.com/Org/site.git"),
    ],
)
def test_host_and_path_are_kept_port_and_user_are_not(address: str, key: str) -> None:
    assert repo_key(address) == key


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/srv/git/shop.git", "shop"),
        ("/srv/git/shop/.git/", "shop"),
        ("/srv/shop/.bare", "shop"),
        ("/home/me/shop@2", "shop@2"),
        ("../shop.git", "shop"),
        ("~/git/shop", "shop"),
        ("shop", "shop"),
        ("git/shop.git", "shop"),
        ("file:///srv/git/shop.git", "shop"),
        ("file://localhost/srv/my%20shop.git", "my shop"),
        ("C:\\git\\shop.git", "shop"),
        ("c:/git/shop", "shop"),
        ("\\\\server\\share\\shop.git", "shop"),
    ],
)
def test_an_address_on_a_disk_is_its_folders_name(address: str, name: str) -> None:
    assert repo_key(address) == name


@pytest.mark.parametrize(
    "address",
    [
        "",
        "/",
        ".",
        "..",
        "~",
        ".git",
        "https://",
        "https://github.com",
        "https://github.com/",
        "https://github.com/.git",
        "https://github.com/a/../b",
        "https://host:port/a/b",
        "https://user:12#34@github.com/Org/Repo",
        "https://github.com/Org/Repo?token=a@b/c",
        "https://user%3Atoken%40x",
        "git@:a/b",
        "git@host:",
        "ext::sh -c 'cat /etc/passwd'",
        "codecommit::us-east-1://profile@repo",
        "https://github.com/Org/Re%00po",
        "https://github.com/Org/Re%0Apo",
        "https://github.com/Org/" + "x" * 200,
        "https://" + "a@" * 2000 + "github.com/Org/Repo",
    ],
)
def test_what_names_no_repository_has_no_key(address: str) -> None:
    assert repo_key(address) == ""


@pytest.mark.parametrize(("chars", "is_named"), [(200, True), (201, False)])
def test_a_key_has_at_most_200_characters(chars: int, is_named: bool) -> None:
    repo = "x" * (chars - len("github.com/Org/"))
    assert bool(repo_key(f"https://github.com/Org/{repo}")) is is_named


SECRET = "s3cret"
secrets = st.lists(
    st.sampled_from([SECRET, ":", "/", "?", "#", "@", "%", "%40", "%2F", "[", "]", "\\", " "]),
    max_size=6,
).map(lambda parts: SECRET + "".join(parts))
users = st.sampled_from(["", "user:", "oauth2:", "x-access-token:", "user%3A"])
hosts = st.sampled_from(["github.com", "host", "[::1]", "host:22", "gitlab.example.org"])
paths = st.sampled_from(["/Org/Repo.git", ":Org/Repo", "/a/b/c", "/", "", "//x", ":22/x"])


@given(st.sampled_from(["https://", "ssh://", "git+ssh://", ""]), users, secrets, hosts, paths)
def test_no_user_and_no_password_get_into_a_key(
    scheme: str, user: str, secret: str, host: str, path: str
) -> None:
    assert SECRET not in repo_key(f"{scheme}{user}{secret}@{host}{path}").casefold()


@given(hosts, st.sampled_from(["?token=", "#", "?a=b&password="]), secrets)
def test_nothing_of_a_query_gets_into_a_key(host: str, mark: str, secret: str) -> None:
    assert SECRET not in repo_key(f"https://me:{SECRET}@{host}/Org/Repo{mark}{secret}").casefold()


@given(st.text(max_size=80))
def test_any_text_ends_in_a_key_that_can_be_printed(address: str) -> None:
    key = repo_key(address)
    assert key.isprintable()
    assert not key.startswith("/")
    assert not key.endswith("/")
    assert key.encode().decode() == key


@pytest.mark.parametrize(
    ("key", "label"),
    [
        ("github.com/Org/Repo", "Org/Repo"),
        ("x.y/a.b/c/d", "a.b/c/d"),
        ("example.org/shop", "shop"),
        ("shop", "shop"),
        ("a.b", "a.b"),
        ("work/Org/Repo", "work/Org/Repo"),
        ("", ""),
    ],
)
def test_a_label_leaves_out_the_host(key: str, label: str) -> None:
    assert repo_label(key) == label
