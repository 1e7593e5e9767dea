"""A Flask app whose users sign in. It has no SDK, no secret and no session of its own: the proxy in front of it asks
Tollgate about each request, and says in headers who the user is. docs/python.md explains how to start it."""

from flask import Flask, render_template_string, request

app = Flask(__name__)

PAGE = """<!doctype html>
<html lang="en">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Bookstore</title>
<h1>Bookstore</h1>
<p class="state">{{ state }}</p>
<p><a href="{{ link[1] }}">{{ link[0] }}</a> <a href="/orders">My orders</a></p>
"""

SIGN_IN = ("Sign in", "/tollgate/sign-in")
SIGN_OUT = ("Sign out", "/tollgate/sign-out")


def user():
    """The user's id at the provider, or an empty string. Only the proxy can set this header."""
    return request.headers.get("X-Auth-Request-User", "")


def page(state, link):
    # Names come from the provider, where users may choose them.
    return render_template_string(PAGE, state=state, link=link)


# A rule makes this page public, so everybody sees it.
@app.get("/")
def home():
    return page("Authenticated", SIGN_OUT) if user() else page("Not authenticated", SIGN_IN)


# No rule is about this page, so the proxy sends a browser to sign-in first.
@app.get("/orders")
def orders():
    return page(f"Orders of {user()}", SIGN_OUT)
