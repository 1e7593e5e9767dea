"""Configures Envoy: the examples of examples/proxies/envoy, with other ports and other authentication."""

import re

from servers import ROOT
from tokens import AUDIENCE

EXAMPLES = ROOT / "examples/proxies/envoy"

# Checks signature, issuer, audience and times, and tells the API the user and the scopes.
JWT_AUTHN = """\
                  - name: envoy.filters.http.jwt_authn
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication
                      providers:
                        demo:
                          issuer: {issuer}
                          audiences: ["{audience}"]
                          local_jwks: {{ filename: {jwks} }}
                          forward: true
                          claim_to_headers:
                            - {{ header_name: x-auth-request-user, claim_name: sub }}
                            - {{ header_name: x-auth-request-scope, claim_name: scope }}
{cache}                      rules:
                        - match: {{ prefix: / }}
                          requires: {{ provider_name: demo }}
"""
CACHE = """\
                          jwt_cache_config: {{ jwt_cache_size: {size} }}
"""


def over_http(**ports):
    return with_ports((EXAMPLES / "envoy.yaml").read_text(), **ports)


def over_grpc(**ports):
    return with_ports((EXAMPLES / "envoy-grpc.yaml").read_text(), **ports)


def bare(**ports):
    """Lets every request pass."""
    return with_filter("", over_http(**ports))


def jwt_authn(issuer, jwks, cache_size=None, **ports):
    cache = CACHE.format(size=cache_size) if cache_size else ""
    filters = JWT_AUTHN.format(issuer=issuer, audience=AUDIENCE, jwks=jwks, cache=cache)
    return with_filter(filters, over_http(**ports))


def with_ports(text, listen, tollgate, upstream):
    for example, port in [(8080, listen), (4180, tollgate), (9000, upstream)]:
        text = re.sub(rf"(127\.0\.0\.1:|port_value: ){example}\b", rf"\g<1>{port}", text)
    return text


def with_filter(filters, text):
    """Replaces the filter ext_authz, and what routes say of it."""
    start = text.index("                  - name: envoy.filters.http.ext_authz\n")
    end = text.index("                  - name: envoy.filters.http.router\n")
    text = text[:start] + filters + text[end:]
    return re.sub(r" +typed_per_filter_config:\n( +)envoy.filters.http.ext_authz:\n(\1 .*\n)+", "", text)
