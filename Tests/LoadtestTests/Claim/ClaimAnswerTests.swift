import Domain
import Testing

@testable import spillway_loadtest

@Suite struct ClaimAnswerTests {
  private let campaign = Identifier("01890a5d-ac96-774b-bcce-b302099a8057")!
  private let coupon = "01890a5d-ac96-774b-bcce-b302099a8058"

  private func answer(_ body: String) -> ClaimAnswer {
    Array(body.utf8).withUnsafeBytes { ClaimAnswer(of: $0, campaign: campaign) }
  }

  private func body(
    coupon: String? = nil, campaign: String = "01890a5d-ac96-774b-bcce-b302099a8057",
    sequence: String = "7", status: String = "ISSUED", acknowledged: String = "hot"
  ) -> String {
    """
    {"data":{"coupon_id":"\(coupon ?? self.coupon)","campaign_id":"\(campaign)",\
    "sequence":\(sequence),"status":"\(status)","issued_at":"2026-01-01T00:00:00.000Z",\
    "expires_at":null,"acknowledged":"\(acknowledged)"},"request_id":"r1"}
    """
  }

  @Test func `a coupon is read whole`() {
    let answer = answer(body())
    #expect(answer.isCoupon && !answer.isError)
    #expect(answer.sequence == 7)
    #expect(answer.coupon == Identifier(coupon))
  }

  @Test func `a coupon with anything wrong is none`() {
    #expect(!answer(body(coupon: "7")).isCoupon)
    #expect(!answer(body(campaign: coupon)).isCoupon)
    #expect(!answer(body(sequence: "\"7\"")).isCoupon)
    #expect(!answer(body(status: "PENDING")).isCoupon)
    #expect(!answer(body(acknowledged: "maybe")).isCoupon)
    #expect(!answer(body() + "}").isCoupon)
    #expect(!answer(body().replacing(",\"request_id\":\"r1\"", with: "")).isCoupon)
    #expect(!answer("").isCoupon)
  }

  @Test func `errors are told apart by their code`() {
    func error(_ code: String) -> ClaimAnswer {
      answer(#"{"error":{"code":"\#(code)","message":"no","details":{}},"request_id":"r"}"#)
    }
    #expect(error("SOLD_OUT").isError && error("SOLD_OUT").isSoldOut)
    #expect(error("RATE_LIMITED").isRateLimited && !error("RATE_LIMITED").isSoldOut)
    #expect(error("INTERNAL_RETRYABLE").isRetryable)
    #expect(!answer(#"{"error":{"code":"SOLD_OUT"}}"#).isError)
  }
}
