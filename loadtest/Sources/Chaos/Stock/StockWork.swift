internal import Domain

/// An adjustment of open stock by an operator.
struct StockWork: OperatorWork {
  enum Kind: String, Sendable, Hashable {
    case receipt, correction
  }

  /// Also its reason.
  let reference: String
  let kind: Kind
  let sku: String
  let tenant: Int
  /// Pieces: above 0 they come in, below 0 they go out, as far as they are there.
  let change: Int

  func request(token: String) -> ChaosRequest {
    ChaosRequest(
      path: "/v1/admin/skus/\(sku)/stock-adjustments", tenant: ChaosTenant.all[tenant],
      token: token, key: reference,
      body: """
        {"market":"KR","kind":"\(kind.rawValue)","quantity":\(change),"reason":"\(reference)"}
        """)
  }

  static func outcome(_ result: Result<Response, ClientFailure>) -> StockOutcome {
    AdjustmentAnswer.outcome(result)
  }
}

/// What came of one attempt at an adjustment.
enum StockOutcome: OperatorOutcome {
  /// By this attempt or an earlier one: the movement, and the pieces that were moved; nil while the cell
  /// has not said.
  case done(Identifier, moved: Int?)
  case unknown
  case wrong(String)

  var isUnknown: Bool { self == .unknown }
}
