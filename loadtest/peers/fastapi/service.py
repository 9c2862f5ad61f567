"""A first-come coupon service as commonly written: FastAPI, redis-py and asyncpg.

Environment: REDIS_URL, DATABASE_URL, TOKEN_KEY (base64url).
"""

import base64
import os
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated
from uuid import UUID, uuid4

import asyncpg
import jwt
import redis.asyncio as redis
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

KEY = base64.urlsafe_b64decode(os.environ["TOKEN_KEY"] + "==")
AUDIENCE = "spillway"
CLAIM = (Path(__file__).parent / "fastapi-claim.lua").read_text()
LIFETIME = timedelta(days=30)

INSERT = """
insert into coupons (coupon_id, campaign_id, user_id, sequence, issued_at, expires_at)
values ($1, $2, $3, $4, $5, $6)
"""
SELECT = """
select coupon_id, campaign_id, sequence, issued_at, expires_at
from coupons where campaign_id = $1 and user_id = $2
"""


class Coupon(BaseModel):
    coupon_id: UUID
    campaign_id: UUID
    sequence: int
    status: str = "ISSUED"
    issued_at: datetime
    expires_at: datetime
    acknowledged: str = "ledger"


class Answer(BaseModel):
    data: Coupon
    request_id: str


@asynccontextmanager
async def lifespan(app: FastAPI):
    # Whoever finds all connections in use waits for one; the default pool would raise an error.
    pool = redis.BlockingConnectionPool.from_url(os.environ["REDIS_URL"])
    app.state.redis = redis.Redis.from_pool(pool)
    app.state.claim = app.state.redis.register_script(CLAIM)
    app.state.database = await asyncpg.create_pool(os.environ["DATABASE_URL"])
    yield
    await app.state.database.close()
    await app.state.redis.aclose()


app = FastAPI(lifespan=lifespan)
bearer = HTTPBearer(auto_error=False)


def refusal(status: int, code: str, message: str) -> HTTPException:
    return HTTPException(status, {"code": code, "message": message, "details": {}})


@app.exception_handler(HTTPException)
async def answer_refusal(request: Request, refused: HTTPException) -> JSONResponse:
    body = {"error": refused.detail, "request_id": str(uuid4())}
    return JSONResponse(body, status_code=refused.status_code)


async def current_user(
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> str:
    try:
        token = credentials.credentials if credentials else ""
        return jwt.decode(token, KEY, algorithms=["HS256"], audience=AUDIENCE)["sub"]
    except jwt.InvalidTokenError:
        raise refusal(401, "UNAUTHORIZED", "a valid access token is needed") from None


@app.post("/v1/campaigns/{campaign_id}/coupons", status_code=201)
async def claim(
    campaign_id: UUID,
    user: Annotated[str, Depends(current_user)],
    request: Request,
    response: Response,
) -> Answer:
    state = request.app.state
    keys = [f"campaign:{campaign_id}:left", f"campaign:{campaign_id}:holders"]
    outcome, sequence = await state.claim(keys=keys, args=[user])
    if outcome < 0:
        raise refusal(404, "NOT_FOUND", "there is no such campaign")
    if outcome == 0:
        raise refusal(410, "SOLD_OUT", "everything has been given out")
    if outcome == 2:
        row = await state.database.fetchrow(SELECT, campaign_id, user)
        if row is None:
            raise refusal(503, "INTERNAL_RETRYABLE", "the coupon is still being recorded")
        response.status_code = 200
        response.headers["Idempotent-Replayed"] = "true"
        return Answer(data=Coupon(**row), request_id=str(uuid4()))
    issued_at = datetime.now(timezone.utc)
    coupon = Coupon(
        coupon_id=uuid4(),
        campaign_id=campaign_id,
        sequence=sequence,
        issued_at=issued_at,
        expires_at=issued_at + LIFETIME,
    )
    await state.database.execute(
        INSERT, coupon.coupon_id, campaign_id, user, sequence, coupon.issued_at, coupon.expires_at
    )
    return Answer(data=coupon, request_id=str(uuid4()))
