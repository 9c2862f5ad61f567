internal import Domain
internal import EventLoop

extension SpillwayContender {
  /// How long an order holds its stock: longer than a comparison lasts, so that none lapses meanwhile.
  private static let reservationSeconds = 86_400

  /// More than the buyers of a run.
  private static let buyersStep = LoadOptions.maximumUsers

  /// Orders that are paid, each by another user with a wallet of its own.
  func orderPayTask(_ target: Target, rate: Int) -> OrderPayTask {
    defer { buyers += Self.buyersStep }
    return OrderPayTask(target: target, data: data, rate: rate, firstUser: buyers + 1)
  }

  /// Orders of one piece in a sale of its own, each with another user's token and another key.
  func orderTask(
    _ target: Target, operator token: String, perUserLimit: Int
  ) async throws(ScenarioError) -> (sale: Identifier, task: WrkTask) {
    // A SKU belongs to one product, and each run makes its own; names of one length compare the same bytes.
    let sku =
      "compare-\(perUserLimit > 0 ? "limited" : "unbound")-\(Int.random(in: 10_000_000...99_999_999))"
    let sale = try await onLoop { loop throws(ScenarioError) in
      try await SaleMaker(
        client: HTTPClient(target: target, loop: loop), token: token, loop: loop
      ).make(
        SaleMaker.Wish(
          skus: [sku], pieces: [CompareLoad.plenty], price: 12_900, perUserLimit: perUserLimit,
          reservationSeconds: Self.reservationSeconds, ratePerSecond: CompareLoad.unreachedRate))
    }
    let body = #"{"sale_id":"\#(sale)","lines":[{"sku":"\#(sku)","quantity":1}]}"#
    let head = "POST /v1/orders HTTP/1.1|Host: \(target.host)|Content-Type: application/json"
    let task = WrkTask(
      url: "http://\(target.address)", script: "\(folder)/spillway-requests.lua",
      environment: [
        "COMPARE_PREFIX": "\(head)|Content-Length: \(body.utf8.count)|Authorization: Bearer ",
        "COMPARE_SUFFIX": "|X-Idempotency-Key: \(sale)-*", "COMPARE_BODY": body,
        "COMPARE_TOKENS": "\(folder)/tokens",
      ])
    return (sale, task)
  }
}
