//! The proxy examples, each with a provider, tollgate and an API: which requests pass, and what
//! reaches the API.

mod cors;
mod fake_tollgate;
mod headers;
mod methods;
mod outages;
pub(crate) mod parties;
mod paths;
mod sizes;
mod sources;
pub(crate) mod stack;
mod tokens;
mod websockets;

/// Makes a test of each rule for each proxy.
macro_rules! behind_each_proxy {
    ($($file:ident::$rule:ident,)*) => {
        behind_each_proxy!(nginx: Nginx, $($file::$rule)*);
        behind_each_proxy!(caddy: Caddy, $($file::$rule)*);
        behind_each_proxy!(envoy: Envoy, $($file::$rule)*);
        behind_each_proxy!(haproxy: Haproxy, $($file::$rule)*);
        behind_each_proxy!(traefik: Traefik, $($file::$rule)*);
    };
    ($module:ident: $proxy:ident, $($file:ident::$rule:ident)*) => {
        mod $module {
            $(
                #[test]
                #[ignore = "needs node and the proxies: .ci/real-parts"]
                fn $rule() {
                    super::$file::$rule(super::stack::Proxy::$proxy);
                }
            )*
        }
    };
}

behind_each_proxy! {
    tokens::good_tokens_pass_with_their_identity,
    tokens::tokens_of_every_algorithm_pass,
    tokens::a_request_without_a_token_is_challenged,
    tokens::refused_tokens_get_the_reason_and_never_reach_the_api,
    tokens::identities_that_no_header_can_carry_are_refused,
    headers::forged_identities_never_reach_the_api,
    headers::configured_headers_reach_the_api_whatever_a_client_forges,
    headers::forged_origins_open_nothing,
    headers::forged_origins_close_nothing,
    headers::forged_hosts_open_nothing,
    paths::ambiguous_paths_open_nothing,
    paths::only_the_metadata_of_tollgate_are_public,
    methods::methods_need_what_the_rules_say,
    methods::preflights_pass_where_the_rules_say,
    sources::another_site_cannot_use_the_cookie_of_a_user,
    sources::a_token_may_have_a_header_of_its_own,
    sizes::checks_have_only_the_headers_that_decide,
    sizes::checks_have_all_headers_that_decide,
    sizes::the_api_gets_no_value_that_the_check_lacks,
    websockets::websockets_open_with_a_token_only,
    websockets::http2_is_never_tunnelled,
    websockets::connect_opens_no_tunnel,
    websockets::a_handshake_that_fails_opens_no_tunnel,
    cors::refusals_have_one_allowed_origin,
    cors::what_passes_has_the_allowed_origin_of_the_api,
    outages::without_keys_nothing_passes_and_the_client_may_come_back,
    outages::without_tollgate_nothing_passes,
    outages::if_tollgate_hangs_nothing_passes,
}

// What stands in for tollgate in the other tests answers over HTTP only.
behind_each_proxy!(envoy_grpc: EnvoyGrpc,
    tokens::good_tokens_pass_with_their_identity
    tokens::tokens_of_every_algorithm_pass
    tokens::a_request_without_a_token_is_challenged
    tokens::refused_tokens_get_the_reason_and_never_reach_the_api
    tokens::identities_that_no_header_can_carry_are_refused
    headers::forged_identities_never_reach_the_api
    headers::configured_headers_reach_the_api_whatever_a_client_forges
    headers::forged_origins_open_nothing
    headers::forged_origins_close_nothing
    headers::forged_hosts_open_nothing
    paths::ambiguous_paths_open_nothing
    paths::only_the_metadata_of_tollgate_are_public
    methods::methods_need_what_the_rules_say
    methods::preflights_pass_where_the_rules_say
    sources::another_site_cannot_use_the_cookie_of_a_user
    sources::a_token_may_have_a_header_of_its_own
    websockets::websockets_open_with_a_token_only
    websockets::http2_is_never_tunnelled
    websockets::connect_opens_no_tunnel
    websockets::a_handshake_that_fails_opens_no_tunnel
    outages::without_keys_nothing_passes_and_the_client_may_come_back
    outages::without_tollgate_nothing_passes
);

// nginx as ingress-nginx configures it loses bodies, and turns 503 into 500.
behind_each_proxy!(ingress_nginx: IngressNginx,
    tokens::good_tokens_pass_with_their_identity
    tokens::tokens_of_every_algorithm_pass
    headers::forged_identities_never_reach_the_api
    headers::configured_headers_reach_the_api_whatever_a_client_forges
    headers::forged_origins_open_nothing
    headers::forged_origins_close_nothing
    headers::forged_hosts_open_nothing
    paths::ambiguous_paths_open_nothing
    methods::preflights_pass_where_the_rules_say
    sizes::checks_have_only_the_headers_that_decide
    sizes::checks_have_all_headers_that_decide
    sizes::the_api_gets_no_value_that_the_check_lacks
    websockets::websockets_open_with_a_token_only
    websockets::http2_is_never_tunnelled
    websockets::connect_opens_no_tunnel
    websockets::a_handshake_that_fails_opens_no_tunnel
    cors::what_passes_has_the_allowed_origin_of_the_api
    outages::without_tollgate_nothing_passes
    outages::if_tollgate_hangs_nothing_passes
);

/// The headers that tell the API who the user is; the last one is configured in the example.
pub(crate) const IDENTITY: [&str; 7] = [
    "X-Auth-Request-User",
    "X-Auth-Request-Scope",
    "X-Auth-Request-Client",
    "X-Auth-Request-Issuer",
    "X-Auth-Request-Audience",
    "X-Auth-Request-Expires",
    "X-User-Organization",
];
