import Foundation
import TestSupport
import Testing

/// Rules of markets from their file to the wire, with what the demonstration brings.
@Suite struct MarketTests {
  private static let sale = "01900000-0000-7000-8000-000000000002"

  @Test func `a coupon of the demonstration makes its goods cheaper, by the rules of the file`()
    async throws
  {
    let file = "\(TestFolder.make("markets"))/markets.json"
    try """
    {"markets": [{"market": "KR", "currency": "KRW", "tax": {"rate": 10, "included": true},
      "shipping": {"fee": 3000, "free_from": 200000}}]}
    """.write(toFile: file, atomically: true, encoding: .utf8)
    try await withInstance(
      in: try await DataFolder.make(), options: ["--markets", file, "--loops", "1"]
    ) { instance in
      let ann = try await instance.token("ann")
      let coupon = try await eventually(within: .seconds(60), "a coupon") {
        try await instance.site.claim(token: ann).data?["coupon_id"] as? String
      }
      let body = """
        {"lines":[{"sku":"runner-white-270","quantity":1}],"sale_id":"\(Self.sale)",
        "coupon_id":"\(coupon)"}
        """
      // The sale takes its stock when it opens.
      let placed = try await eventually(within: .seconds(60), "the order") {
        let answer = try await instance.site.request(
          "POST", "/v1/orders", token: ann, headers: [("X-Idempotency-Key", "k")], body: body)
        return answer.status == 503 ? nil : answer
      }
      #expect(placed.status == 201, "\(placed.text)")
      func amount(_ name: String) -> Int? {
        (placed.data?[name] as? [String: Any])?["amount"] as? Int
      }
      #expect(amount("subtotal") == 99_000)
      #expect(amount("discount") == 5_000)
      #expect(amount("included_tax") == 8_545)
      #expect(amount("shipping") == 3_000)
      #expect(amount("total") == 97_000)
      let audit = try await spillway("audit", "--data", instance.folder)
      #expect(audit.status == .exited(0), "\(audit.output)")
    }
  }
}
