"""Gets tokens from the issuer of `tollgate serve --demo`, and puts together what to send."""

import base64
import http.client
import json
import random
import urllib.parse

from servers import Failure

AUDIENCE = "https://api.example.com"
SCOPE = "read:orders"
# Long enough for any run.
LIFETIME = 6 * 3600
ALGORITHMS = ["ES256", "ES384"]
SEEN_TOKENS = 64
BAD_TOKENS = 16
# Requests in the mix: the tokens of each kind in turn, shuffled.
MIX_LEN = 3200

# The mix: for each kind its share, the status of the answer, and Tollgate's reason.
KINDS = {
    "good": (0.50, 200, "accepted"),
    "expired": (0.10, 401, "expired"),
    "for another audience": (0.10, 401, "audience-mismatch"),
    "bad signature": (0.10, 401, "signature-invalid"),
    "without the scope": (0.10, 403, "insufficient-scope"),
    "unknown kid": (0.05, 401, "unknown-key"),
    "no token": (0.05, 401, "authorization-missing"),
}


def user(number):
    # All have the same length, so that no name is part of another one.
    return f"user_{number:05}"


def base64url_json(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Mint:
    """Gets tokens over one connection. Each good one is for a different user, whom the answer must name."""

    def __init__(self, issuer):
        self.connection = http.client.HTTPConnection("127.0.0.1", issuer.port, timeout=10)

    def token(self, subject, *, alg, scope=SCOPE, audience=AUDIENCE, lifetime=LIFETIME):
        query = {"subject": subject, "alg": alg, "scope": scope, "audience": audience, "lifetime": lifetime}
        self.connection.request("GET", "/demo/token?" + urllib.parse.urlencode(query))
        answer = self.connection.getresponse()
        text = answer.read().decode().strip()
        if answer.status != 200:
            raise Failure(f"the demo's issuer refused to issue a token: {text}")
        return text

    def of_kind(self, kind, number):
        subject, alg = user(number), "ES384"
        match kind:
            case "good":
                return self.token(subject, alg=alg)
            case "expired":
                return self.token(subject, alg=alg, lifetime=-3600)
            case "for another audience":
                return self.token(subject, alg=alg, audience="https://other.example")
            case "without the scope":
                return self.token(subject, alg=alg, scope="write:orders")
            case "bad signature":
                signed, _, signature = self.token(subject, alg=alg).rpartition(".")
                signature = bytearray(base64.urlsafe_b64decode(signature + "=="))
                signature[-1] ^= 1
                return f"{signed}.{base64url(signature)}"
            case "unknown kid":
                header, _, rest = self.token(subject, alg=alg).partition(".")
                header = base64url_json(header) | {"kid": f"unknown-{number}"}
                return f"{base64url(json.dumps(header).encode())}.{rest}"
            case "no token":
                return ""
        raise ValueError(kind)

    def mix(self):
        """Returns requests of all kinds, and one of each kind with Tollgate's reason."""
        requests, samples = [], {}
        for kind, (share, status, reason) in KINDS.items():
            is_good = kind == "good"
            pool = [
                (self.of_kind(kind, n), status, user(n) if is_good else "")
                for n in range(SEEN_TOKENS if is_good else BAD_TOKENS)
            ]
            requests += [pool[n % len(pool)] for n in range(round(share * MIX_LEN))]
            samples[reason] = pool[0]
        random.Random(1).shuffle(requests)
        return requests, samples


class Workload:
    """A file of requests for the load generator: on each line a token, the status of the answer, and the user."""

    def __init__(self, name, folder, requests):
        self.name = name
        self.count = len(requests)
        self.file = self.write(folder / name.replace(" ", "-"), requests)
        # For servers that name no user.
        anonymous = [(token, status, "") for token, status, _ in requests]
        self.anonymous = self.write(folder / f"{name.replace(' ', '-')}-anonymous", anonymous)

    @staticmethod
    def write(file, requests):
        file.write_text("".join(f"{token}\t{status}\t{who}\n" for token, status, who in requests))
        return file


def workloads(issuer, folder, new_tokens):
    """Returns the workloads by name, and the requests whose reasons /metrics must count."""
    mint = Mint(issuer)
    made = {}
    for alg in ALGORITHMS:
        for name, count in [("seen", SEEN_TOKENS), ("new", new_tokens)]:
            requests = [(mint.token(user(n), alg=alg), 200, user(n)) for n in range(count)]
            made[f"{alg} {name}"] = Workload(f"{alg} {name}", folder, requests)
    mix, samples = mint.mix()
    made["mix"] = Workload("mix", folder, mix)
    reasons = {
        reason: Workload(f"reason {reason}", folder, [request]) for reason, request in samples.items()
    }
    return made, reasons
