"""Signs users in at the provider of `tollgate serve --demo`, as their browsers do: through a Tollgate with sign-in."""

import http.client
import itertools
import urllib.parse

HOST = "localhost:8080"
ORIGIN = f"http://{HOST}"
NUMBERS = itertools.count()


def config(issuer, folder, *, keys=None, audience=None):
    """Returns a configuration for an app behind Traefik, for tokens of the same issuer, too."""
    secret = folder / "client.secret"
    secret.write_text("demo-secret\n")
    lines = [
        'allow_insecure_loopback = true', f'public_url = "{ORIGIN}"', 'proxy = "traefik"',
        "[sign_in]", f'client_secret_file = "{secret}"', f'issuer = "{issuer}"', 'client_id = "demo-app"', 'scope = "profile"', "anyone = true",
    ]
    if audience:
        lines += ["[[issuer]]", f'issuer = "{issuer}"', f'audience = "{audience}"']
    if keys:
        lines += [f'jwks_file = "{keys}"']
    return "\n".join(lines) + "\n"


def request(address, method, target, headers=None, form=None):
    """Returns the status, the header fields and the body."""
    host, port = address.rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=60)
    try:
        body = urllib.parse.urlencode(form) if form else None
        headers = dict(headers or {})
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, target, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


def sign_in(gateway, provider):
    """Registers a new user, and returns the name and the session's cookie."""
    user = f"user_{next(NUMBERS):05}"
    _, fields, text = request(gateway, "GET", "/tollgate/sign-in", {"X-Forwarded-Host": HOST})
    attempt = fields["Set-Cookie"].partition(";")[0]
    authorize = fields["Location"].removeprefix(f"http://{provider}")
    own = {"Origin": f"http://{provider}", "Sec-Fetch-Site": "same-origin"}
    form = {"username": user, "password": "correct horse"}
    _, fields, text = request(provider, "POST", authorize.replace("/authorize?", "/register?"), own, form)
    callback = (fields["Location"] or "").removeprefix(ORIGIN)
    if not callback:
        raise RuntimeError(f"the provider did not sign {user} in: {text}")
    status, fields, text = request(gateway, "GET", callback, {"X-Forwarded-Host": HOST, "Cookie": attempt})
    cookies = [field.partition(";")[0] for field in fields.get_all("Set-Cookie", [])]
    sessions = [cookie for cookie in cookies if "-attempt-" not in cookie]
    if status != 303 or not sessions:
        raise RuntimeError(f"nobody was signed in: {status} {text}")
    return user, sessions[0]


def check(cookie=None, authorization=None):
    """Returns the header fields of a check, as Traefik sends it."""
    fields = {"X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/orders", "X-Forwarded-Host": HOST}
    if cookie:
        fields["Cookie"] = cookie
    if authorization:
        fields["Authorization"] = authorization
    return fields
