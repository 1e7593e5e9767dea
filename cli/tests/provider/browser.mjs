// A browser and its user, who sign in at the provider over HTTP.

/** The user who signs in. */
const SUBJECT = 'user_7f3k';

/** Opens a URL of the authorization endpoint, signs in, consents, and returns the callback's parameters. */
export async function signIn(authorizationUrl, redirectUri) {
  const cookies = new Map();
  const browse = async (url, options) => {
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
    const response = await request(url, { ...options, headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value) cookies.set(name, value);
      else cookies.delete(name);
    }
    return response;
  };

  let url = String(authorizationUrl);
  while (!url.startsWith(redirectUri)) {
    let response = await browse(url);
    if (response.status === 200) {
      const [, prompt] = /name="prompt" value="(\w+)"/.exec(await response.text());
      response = await browse(url, {
        method: 'POST',
        body: form({ prompt, login: SUBJECT, password: 'any' }),
      });
    }
    url = new URL(response.headers.get('location'), url).href;
  }
  return Object.fromEntries(new URL(url).searchParams);
}

/** Omits the parameters without a value. */
export const form = (params) => new URLSearchParams(
  Object.entries(params).filter(([, value]) => value !== undefined && value !== null && value !== ''));

export async function request(url, options) {
  const response = await fetch(url, { ...options, redirect: 'manual' });
  if (response.ok || response.status === 303) return response;
  throw new Error(`${new URL(url).pathname}: ${response.status} ${await response.text()}`);
}
