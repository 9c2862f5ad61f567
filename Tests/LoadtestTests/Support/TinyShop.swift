import Domain
import EventLoop

@testable import spillway_loadtest

/// The claim contract in memory, with faults to order. Loop-confined.
final class TinyShop {
  /// What the shop does wrong.
  enum Fault: Sendable, CaseIterable {
    case none, sellsTooMany, sellsOneTwice, forgetsHolders, stopsEarly, answersNonsense, isClosed
  }

  static let campaign = Identifier("01890a5d-ac96-774b-bcce-b302099a8057")!

  private let fault: Fault
  private let quantity: Int
  private var holders: [String: Int] = [:]
  private var issued = 0
  private(set) var campaigns: [String] = []

  init(quantity: Int, fault: Fault) {
    self.quantity = quantity
    self.fault = fault
  }

  func react(to request: String) -> TinyServer.Reaction {
    if request.hasPrefix("POST /v1/admin/campaigns ") {
      campaigns.append(request)
      return .sendAndClose(
        TinyServer.response(
          201, #"{"data":{"campaign_id":"\#(Self.campaign)"},"request_id":"r"}"#,
          headers: "Connection: close\r\n"))
    }
    guard request.hasPrefix("POST /v1/campaigns/\(Self.campaign)/coupons ") else {
      return .send(error(404, "NOT_FOUND"))
    }
    let token = request.split(separator: "\r\n").first { $0.hasPrefix("Authorization: Bearer ") }
    guard let token else { return .send(error(401, "UNAUTHORIZED")) }
    return .send(claim(user: String(token)))
  }

  private func claim(user: String) -> String {
    if fault == .isClosed {
      return error(503, "INTERNAL_RETRYABLE", headers: "Retry-After: 1\r\n")
    }
    if let sequence = holders[user], fault != .forgetsHolders {
      return coupon(200, sequence, headers: "Idempotent-Replayed: true\r\n")
    }
    let limit =
      switch fault {
      case .sellsTooMany: quantity + 1
      case .stopsEarly: quantity - 1
      default: quantity
      }
    guard issued < limit else { return error(410, "SOLD_OUT") }
    issued += 1
    holders[user] = issued
    if fault == .answersNonsense, issued == 5 { return TinyServer.response(201, "{}") }
    return coupon(201, fault == .sellsOneTwice && issued == 7 ? 6 : issued)
  }

  private func coupon(_ status: Int, _ sequence: Int, headers: String = "") -> String {
    let coupon = Identifier(high: 0x7000, low: 1 << 63 | UInt64(sequence))
    return TinyServer.response(
      status,
      """
      {"data":{"coupon_id":"\(coupon)","campaign_id":"\(Self.campaign)","sequence":\(sequence),\
      "status":"ISSUED","issued_at":"2026-01-01T00:00:00.000Z","expires_at":null,\
      "acknowledged":"hot"},"request_id":"r"}
      """, headers: headers)
  }

  private func error(_ status: Int, _ code: String, headers: String = "") -> String {
    TinyServer.response(
      status, #"{"error":{"code":"\#(code)","message":"no","details":{}},"request_id":"r"}"#,
      headers: headers)
  }
}
