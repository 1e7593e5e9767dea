//! A browser and its user: it keeps cookies, and follows redirects to the provider's pages and back.

use std::collections::BTreeMap;

use crate::http::{Answer, Request};

/// The user's name at the provider.
pub(crate) const USER: &str = "user_7f3k";

#[derive(Clone)]
pub(crate) struct Browser {
    /// The origin of the app.
    app: String,
    /// Where the pages of sign-in are.
    prefix: &'static str,
    /// The cookies of each host.
    cookies: BTreeMap<String, BTreeMap<String, String>>,
    /// What the provider's pages have asked for: `login`, `consent` or `logout`.
    pub(crate) asked: Vec<String>,
}

impl Browser {
    /// A browser that has been nowhere yet, for the app at this port.
    pub(crate) fn new(port: u16) -> Self {
        Self::with_prefix(port, "")
    }

    /// The same, for an app whose pages of sign-in are below this prefix.
    pub(crate) fn with_prefix(port: u16, prefix: &'static str) -> Self {
        let app = format!("http://localhost:{port}");
        Self { app, prefix, cookies: BTreeMap::new(), asked: Vec::new() }
    }

    /// A click on a link of the app.
    pub(crate) fn open(&mut self, path: &str) -> Answer {
        let url = format!("{}{path}", self.app);
        self.get(&url, "same-origin")
    }

    /// Who is signed in, as the home page says, or the status and the code of the page of an error.
    pub(crate) fn user(&mut self) -> String {
        let page = self.open("/");
        match page.status {
            200 => page.body,
            status => format!("{status} {}", code(&page)),
        }
    }

    /// Signs in, and returns the URL of the callback that did it.
    pub(crate) fn sign_in(&mut self) -> String {
        let callback = self.begin();
        let answer = self.come_back(&callback);
        assert_eq!((answer.status, answer.header("Location")), (303, Some("/")), "{answer:?}");
        callback
    }

    /// Signs in at the provider's pages, and returns the URL of the callback to which the provider leads.
    pub(crate) fn begin(&mut self) -> String {
        let answer = self.open(&format!("{}/sign-in", self.prefix));
        self.until_app(&answer)
    }

    /// Opens a page that needs sign-in, signs in, and returns the URL to which that leads.
    pub(crate) fn sign_in_for(&mut self, path: &str) -> String {
        let answer = self.open(path);
        let location = answer.header("Location").unwrap_or_else(|| panic!("{answer:?}")).to_owned();
        let answer = self.get(&location, "same-origin");
        let callback = self.until_app(&answer);
        let answer = self.come_back(&callback);
        assert_eq!(answer.status, 303, "{answer:?}");
        answer.header("Location").unwrap().to_owned()
    }

    /// The header Cookie for the app.
    pub(crate) fn cookie(&self) -> String {
        let jar = self.cookies.get(&self.app["http://".len()..]);
        let pairs = jar.into_iter().flatten().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    /// Follows the provider's redirect to the callback.
    pub(crate) fn come_back(&mut self, callback: &str) -> Answer {
        self.get(callback, "cross-site")
    }

    /// Signs out, confirms that at the provider, and returns the URL to which the provider leads, and the URL of its
    /// page.
    pub(crate) fn sign_out(&mut self) -> (String, String) {
        let answer = self.open(&format!("{}/sign-out", self.prefix));
        let page = answer.header("Location").unwrap_or_else(|| panic!("{answer:?}")).to_owned();
        (self.until_app(&answer), page)
    }

    /// Follows redirects through the provider's pages, until one leads back to the app.
    fn until_app(&mut self, answer: &Answer) -> String {
        self.visit(location(answer))
    }

    /// Opens a page of the provider, and follows it until a redirect leads to the app. Returns that URL.
    pub(super) fn visit(&mut self, mut url: String) -> String {
        while !url.starts_with(&self.app) {
            let mut answer = self.get(&url, "cross-site");
            if answer.status == 200 {
                let (action, form) = self.filled(&url, &answer.body);
                answer = self.send("POST", &action, "same-origin", Some(&form));
            }
            let next = location(&answer);
            url = match next.strip_prefix('/') {
                Some(path) => format!("{}/{path}", origin(&url)),
                None => next,
            };
        }
        url
    }

    /// Fills the form of a page of the provider, and returns where it is sent.
    fn filled(&mut self, url: &str, page: &str) -> (String, String) {
        if let Some(prompt) = attribute(page, "name=\"prompt\" value=\"") {
            self.asked.push(prompt.to_owned());
            return (url.to_owned(), format!("prompt={prompt}&login={USER}&password=any"));
        }
        let xsrf = attribute(page, "name=\"xsrf\" value=\"");
        let action = attribute(page, "action=\"");
        let (Some(xsrf), Some(action)) = (xsrf, action) else { panic!("{url}: {page}") };
        self.asked.push("logout".to_owned());
        (action.to_owned(), format!("xsrf={xsrf}&logout=yes"))
    }

    fn get(&mut self, url: &str, site: &str) -> Answer {
        self.send("GET", url, site, None)
    }

    fn send(&mut self, method: &str, url: &str, site: &str, form: Option<&str>) -> Answer {
        let origin = origin(url);
        let (host, target) = (&origin["http://".len()..], &url[origin.len()..]);
        let port = host.rsplit(':').next().unwrap().parse().unwrap();
        let mut request = Request::new(method, target)
            .header("Host", host)
            .header("Accept", "text/html,*/*;q=0.8")
            .header("Sec-Fetch-Site", site)
            .header("Sec-Fetch-Mode", "navigate")
            .header("Sec-Fetch-Dest", "document");
        let jar = self.cookies.entry(host.to_owned()).or_default();
        if !jar.is_empty() {
            let pairs = jar.iter().map(|(name, value)| format!("{name}={value}"));
            request = request.header("Cookie", &pairs.collect::<Vec<_>>().join("; "));
        }
        if let Some(form) = form {
            request = request.form(form);
        }
        let answer = request.ask(port);
        for (name, cookie) in &answer.headers {
            if name.eq_ignore_ascii_case("Set-Cookie") {
                let (name, rest) = cookie.split_once('=').unwrap();
                let value = rest.split(';').next().unwrap();
                if value.is_empty() || rest.contains("Max-Age=0") {
                    jar.remove(name);
                } else {
                    jar.insert(name.to_owned(), value.to_owned());
                }
            }
        }
        answer
    }

    /// Forgets the cookies of the app, but not those of the provider.
    pub(crate) fn forget_app(&mut self) {
        self.cookies.remove(&self.app["http://".len()..]);
    }
}

fn location(answer: &Answer) -> String {
    answer.header("Location").unwrap_or_else(|| panic!("no redirect: {answer:?}")).to_owned()
}

/// The code of the page of an error.
pub(crate) fn code(page: &Answer) -> &str {
    let details = page.body.split("<small>").nth(1).unwrap_or_default();
    details.split(" ·").next().unwrap_or_default()
}

fn origin(url: &str) -> &str {
    let end = url["http://".len()..].find('/').map_or(url.len(), |at| at + "http://".len());
    &url[..end]
}

fn attribute<'p>(page: &'p str, before: &str) -> Option<&'p str> {
    page.split_once(before)?.1.split('"').next()
}
