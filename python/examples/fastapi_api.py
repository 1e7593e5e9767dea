"""The same API with FastAPI.

    ISSUER=http://127.0.0.1:4180/demo AUDIENCE=https://api.example.com fastapi dev fastapi_api.py
"""

import os
from typing import Annotated

from fastapi import Depends, FastAPI

from tollgate_jwt import Gate, Identity
from tollgate_jwt.starlette import Refused, RequireAuth, respond

gate = Gate(
    issuer=os.environ["ISSUER"],
    audience=os.environ["AUDIENCE"],
    # For the demo's issuer on this machine. All others need https.
    allow_insecure_loopback=True,
)
User = Annotated[Identity, Depends(RequireAuth(gate))]
Reader = Annotated[Identity, Depends(RequireAuth(gate, scope="read:orders"))]

app = FastAPI()
# Bodies of refusals as Tollgate writes them everywhere. Status and headers are the same without this.
app.add_exception_handler(Refused, respond)


@app.get("/hello")
async def hello() -> str:
    return "hello, stranger"


@app.get("/user/info")
async def user_info(user: User) -> dict[str, str | None]:
    return {"user": user.subject}


@app.get("/orders")
async def orders(user: Reader) -> dict[str, str | None]:
    return {"orders_of": user.subject}
