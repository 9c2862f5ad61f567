"""A flash sale as Locust drives it: visitors look at stock, claim a coupon, order a piece, and half of them pay.

Every answer is held against the contract: status, envelope, request id, and what a repeat must say. The
environment: SPILLWAY_TOKENS, a file with one access token a line (`spillway token --count N`), and
SPILLWAY_ADMIN_TOKEN, a file with the token of an operator who may make campaigns and sales (`--role APP_ADMIN`).
"""

import itertools
import os
import time
import uuid
from datetime import datetime, timedelta, timezone

import gevent
from locust import between, events, task
from locust.contrib.fasthttp import FastHttpUser
from locust.exception import StopUser

PRICE = 12_900
SKUS = 8


def lines(variable):
    with open(os.environ[variable], encoding="ascii") as file:
        return file.read().split()


class Sale:
    """What a run is about: one campaign, and one sale of some SKUs."""

    def __init__(self, host, token, coupons, pieces):
        self.run = uuid.uuid4().hex[:8]
        self.client = _OperatorClient(host, token)
        now = datetime.now(timezone.utc)
        times = {
            "opens_at": _instant(now - timedelta(seconds=1)),
            "closes_at": _instant(now + timedelta(hours=1)),
        }
        self.campaign = self.client.post(
            "/v1/admin/campaigns",
            {
                "name": "Locust", "quantity": coupons, "per_user_limit": 1, "acknowledge": "hot",
                "discount": {"type": "amount", "value": 1000, "currency": "KRW"}, **times,
            },
        )["campaign_id"]
        product = self.client.post("/v1/admin/products", {"name": "Locust"})["product_id"]
        self.skus = [f"LO-{self.run}-{number}" for number in range(SKUS)]
        for sku in self.skus:
            self.client.post(
                "/v1/admin/skus",
                {
                    "sku": sku, "product_id": product, "name": "Locust",
                    "prices": [{"market": "KR", "amount": PRICE, "currency": "KRW"}],
                },
            )
            self.client.post(
                f"/v1/admin/skus/{sku}/stock-adjustments",
                {"market": "KR", "quantity": pieces, "reason": "load test"},
            )
        self.sale = self.client.post(
            "/v1/admin/sales",
            {
                "name": "Locust", "cell": "shared", "acknowledge": "hot", **times,
                "items": [
                    {"sku": sku, "quantity": pieces, "price": {"amount": PRICE, "currency": "KRW"}}
                    for sku in self.skus
                ],
            },
        )["sale_id"]
        self._await_opening()

    def _await_opening(self):
        deadline = time.monotonic() + 20
        while self.client.get(f"/v1/admin/sales/{self.sale}").get("state") != "OPEN":
            if time.monotonic() > deadline:
                raise RuntimeError("the sale did not open")
            gevent.sleep(0.1)


class _OperatorClient:
    """Requests of an operator, outside of Locust's statistics."""

    def __init__(self, host, token):
        import requests

        self.host = host
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def post(self, path, body):
        answer = self.session.post(self.host + path, json=body, timeout=10)
        if answer.status_code != 201:
            raise RuntimeError(f"{path}: {answer.status_code} {answer.text}")
        return answer.json()["data"]

    def get(self, path):
        answer = self.session.get(self.host + path, timeout=10)
        answer.raise_for_status()
        return answer.json()["data"]


def _instant(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@events.init_command_line_parser.add_listener
def add_options(parser):
    parser.add_argument("--coupons", type=int, default=1000, help="coupons of the campaign")
    parser.add_argument("--pieces", type=int, default=1000, help="pieces of each of the 8 SKUs")


@events.test_start.add_listener
def prepare(environment, **_):
    options = environment.parsed_options
    token = lines("SPILLWAY_ADMIN_TOKEN")[0]
    environment.sale = Sale(environment.host, token, options.coupons, options.pieces)
    environment.buyers = itertools.count()
    environment.tokens = lines("SPILLWAY_TOKENS")


class Breach(Exception):
    """An answer that breaks the contract."""


class Buyer(FastHttpUser):
    """A visitor, and when that one is through the next."""

    wait_time = between(0.1, 0.5)

    def become_next(self):
        self.sale = self.environment.sale
        self.number = next(self.environment.buyers)
        if self.number >= len(self.environment.tokens):
            raise StopUser("no tokens left")
        self.headers = {"Authorization": f"Bearer {self.environment.tokens[self.number]}"}
        self.sku = self.sale.skus[self.number % SKUS]

    @task
    def buy(self):
        self.become_next()
        self.ask("GET", f"/v1/skus/{self.sku}/stock?sale_id={self.sale.sale}", "stock", [200])
        self.wait()
        path = f"/v1/campaigns/{self.sale.campaign}/coupons"
        coupon = self.ask("POST", path, "claim", [201, (410, "SOLD_OUT")])
        if coupon and self.number % 10 == 0:
            again = self.ask("POST", path, "claim again", [200], replay=True)
            if again and again["coupon_id"] != coupon["coupon_id"]:
                self.breach("claim again", "another coupon than the first")
        self.wait()
        order = self.ask(
            "POST", "/v1/orders", "order", [201, (410, "SOLD_OUT")], key="order",
            json={"sale_id": self.sale.sale, "lines": [{"sku": self.sku, "quantity": 1}]},
        )
        if order:
            if order["total"] != {"amount": PRICE, "currency": "KRW"}:
                self.breach("order", f"costs {order['total']}")
            if self.number % 2 == 0:
                self.wait()
                self.pay(order["order_id"])

    def pay(self, order):
        # Who is not among the first thousand users of the demonstration has an empty wallet.
        paid = self.ask(
            "POST", f"/v1/orders/{order}/payment", "pay", [200, (402, "INSUFFICIENT_FUNDS")],
            key="pay", json={"method": "wallet"},
        )
        if paid and (paid["order_id"] != order or paid["status"] != "PAID"):
            self.breach("pay", f"is not a payment of {order}")

    def ask(self, method, path, name, expected, key=None, replay=False, **request):
        """Sends a request and checks its answer; returns what `data` holds, or None for a refusal."""
        headers = dict(self.headers)
        if key:
            headers["X-Idempotency-Key"] = f"locust-{self.sale.run}-{key}-{self.number}"
        with self.client.request(
            method, path, name=name, headers=headers, catch_response=True, **request
        ) as response:
            if response.status_code == 0:
                return None
            try:
                data = self.check(response, expected, replay)
            except Breach as breach:
                response.failure(f"BREACH: {breach}")
                return None
            if response.status_code == 503:
                response.failure("503 INTERNAL_RETRYABLE")
            else:
                response.success()
            return data

    @staticmethod
    def check(response, expected, replay):
        body = response.json() or {}
        if not response.headers.get("X-Request-Id"):
            raise Breach("no X-Request-Id")
        if body.get("request_id") != response.headers["X-Request-Id"]:
            raise Breach("another request_id than in X-Request-Id")
        if response.headers.get("Content-Type", "").split(";")[0] != "application/json":
            raise Breach("the body does not call itself JSON")
        code = body.get("error", {}).get("code")
        if response.status_code == 503:
            if code != "INTERNAL_RETRYABLE" or "Retry-After" not in response.headers:
                raise Breach(f"503 with {body}")
            return None
        if (response.status_code if code is None else (response.status_code, code)) not in expected:
            raise Breach(f"{response.status_code} with {str(body)[:200]}")
        if (response.headers.get("Idempotent-Replayed") == "true") != replay:
            raise Breach(f"Idempotent-Replayed should be {replay}")
        return body.get("data")

    def breach(self, name, text):
        self.environment.events.request.fire(
            request_type="CHECK", name=name, response_time=0, response_length=0, context={},
            exception=Breach(text),
        )
