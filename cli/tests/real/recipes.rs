//! What `tollgate serve --print-recipe` prints, each with a provider, tollgate with sign-in, and an app: which requests
//! pass, what reaches the app, and what a browser is told.
//!
//! | file | content |
//! |---|---|
//! | `sessions` | users who sign in, open pages and sign out |
//! | `credentials` | sessions, bearer tokens, and what a client forges |
//! | `refusals` | what each request gets without a session |
//! | `flask` | the Flask app of the examples, in Chromium |
//! | `stack` | the parts of a test |

mod credentials;
mod flask;
mod refusals;
mod sessions;
mod stack;

/// Makes a test of each rule for each proxy.
macro_rules! behind_each_recipe {
    ($($file:ident::$rule:ident,)*) => {
        behind_each_recipe!(nginx: Nginx, $($file::$rule)*);
        behind_each_recipe!(caddy: Caddy, $($file::$rule)*);
        behind_each_recipe!(envoy: Envoy, $($file::$rule)*);
        behind_each_recipe!(haproxy: Haproxy, $($file::$rule)*);
        behind_each_recipe!(traefik: Traefik, $($file::$rule)*);
        behind_each_recipe!(ingress_nginx: IngressNginx, $($file::$rule)*);
    };
    ($module:ident: $proxy:ident, $($file:ident::$rule:ident)*) => {
        mod $module {
            $(
                #[test]
                #[ignore = "needs node and the proxies: .ci/real-parts"]
                fn $rule() {
                    super::$file::$rule(crate::proxies::stack::Proxy::$proxy);
                }
            )*
        }
    };
}

behind_each_recipe! {
    sessions::a_user_returns_to_the_page_with_its_query_and_signs_out,
    sessions::the_app_gets_its_own_cookies_only,
    sessions::a_check_sets_no_cookie,
    credentials::forged_identity_headers_do_not_pass,
    credentials::a_bearer_token_needs_no_session_and_a_refused_one_gets_none,
    credentials::another_site_cannot_use_a_session,
    credentials::a_websocket_with_a_session_needs_the_same_origin,
    refusals::a_navigation_is_sent_to_sign_in_and_a_fetch_is_not,
    refusals::a_form_without_a_session_gets_a_page,
    refusals::an_unknown_host_is_misdirected,
    refusals::a_public_path_stays_public,
    refusals::only_the_pages_of_sign_in_go_round_the_check,
}

/// Makes a test in Chromium for each proxy that the documentation describes.
macro_rules! in_chromium_behind {
    ($($module:ident: $proxy:ident,)*) => {
        mod chromium {
            $(
                mod $module {
                    #[test]
                    #[ignore = "needs node, the proxies, Flask and Chromium: .ci/browser"]
                    fn a_user_of_the_flask_app_signs_in_and_out() {
                        let proxy = crate::proxies::stack::Proxy::$proxy;
                        crate::recipes::flask::a_user_of_the_flask_app_signs_in_and_out(proxy);
                    }
                }
            )*
        }
    };
}

in_chromium_behind! {
    nginx: Nginx,
    caddy: Caddy,
    envoy: Envoy,
    haproxy: Haproxy,
    traefik: Traefik,
    ingress_nginx: IngressNginx,
}
