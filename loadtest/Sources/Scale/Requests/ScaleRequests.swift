internal import Domain
internal import EventLoop

/// The requests of one run, and which answers are right. Loop-confined.
struct ScaleRequests {
  let count: Int
  /// The status of a right answer.
  let status: Int
  /// The member of each answer whose text is kept; nil to keep none.
  var kept: StaticString?
  /// Appends the whole request with a number.
  let write: (Int, ByteBuffer) -> Void

  /// Claims of users with the tokens from `first` on, spread over campaigns in turn.
  static func claims(
    _ targets: [ScaleCampaign], count: Int, from first: Int, status: Int = 201
  ) -> ScaleRequests {
    let heads = targets.map { target in
      Array(
        ("POST /v1/campaigns/\(target.id)/coupons HTTP/1.1\r\nHost: \(target.tenant.host)\r\n"
          + "Content-Length: 0\r\nAuthorization: Bearer ").utf8)
    }
    return ScaleRequests(count: count, status: status) { number, output in
      let index = number % targets.count
      output.append(heads[index])
      targets[index].tenant.tokens.write(first + number, into: output)
      output.append("\r\n\r\n" as StaticString)
    }
  }

  /// Operators' requests with a body, each answered 201.
  static func creations(
    _ count: Int, at path: String, of tenant: ScaleTenant, token: String, kept: StaticString,
    body: String
  ) -> ScaleRequests {
    let bytes = Array(
      ("POST \(path) HTTP/1.1\r\nHost: \(tenant.host)\r\nAuthorization: Bearer \(token)\r\n"
        + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        .utf8)
    return ScaleRequests(count: count, status: 201, kept: kept) { _, output in
      output.append(bytes)
    }
  }

  /// Visitors who join a room.
  static func joins(_ count: Int, room: String, host: String) -> ScaleRequests {
    let bytes = Array(
      "POST /v1/rooms/\(room)/tickets HTTP/1.1\r\nHost: \(host)\r\nContent-Length: 0\r\n\r\n".utf8)
    return ScaleRequests(count: count, status: 201, kept: "ticket") { _, output in
      output.append(bytes)
    }
  }

  /// Polls of visitors who wait, in turn.
  static func polls(_ count: Int, room: String, tickets: [String], host: String) -> ScaleRequests {
    ScaleRequests(count: count, status: 200) { number, output in
      output.append("GET /v1/rooms/" as StaticString)
      output.append(room)
      output.append("/tickets/" as StaticString)
      output.append(tickets[number % tickets.count])
      output.append(" HTTP/1.1\r\nHost: " as StaticString)
      output.append(host)
      output.append("\r\n\r\n" as StaticString)
    }
  }

  /// Orders of one piece, each of another user and with another key.
  static func orders(
    _ count: Int, sale: Identifier, sku: String, of tenant: ScaleTenant, round: Int
  ) -> ScaleRequests {
    let body = #"{"sale_id":"\#(sale)","lines":[{"sku":"\#(sku)","quantity":1}]}"#
    return ScaleRequests(count: count, status: 201, kept: "order_id") { number, output in
      output.append("POST /v1/orders HTTP/1.1\r\nHost: " as StaticString)
      output.append(tenant.host)
      output.append("\r\nX-Idempotency-Key: order-" as StaticString)
      output.append(decimal: round)
      output.append("-" as StaticString)
      output.append(decimal: number)
      Self.finish(tenant, number, body, output)
    }
  }

  /// Payments of these orders out of their users' wallets.
  static func payments(_ orders: [String], of tenant: ScaleTenant) -> ScaleRequests {
    ScaleRequests(count: orders.count, status: 200) { number, output in
      output.append("POST /v1/orders/" as StaticString)
      output.append(orders[number])
      output.append("/payment HTTP/1.1\r\nHost: " as StaticString)
      output.append(tenant.host)
      output.append("\r\nX-Idempotency-Key: pay-" as StaticString)
      output.append(orders[number])
      Self.finish(tenant, number, #"{"method":"wallet"}"#, output)
    }
  }

  private static func finish(
    _ tenant: ScaleTenant, _ user: Int, _ body: String, _ output: ByteBuffer
  ) {
    output.append("\r\nContent-Type: application/json\r\nAuthorization: Bearer " as StaticString)
    tenant.tokens.write(user, into: output)
    output.append("\r\nContent-Length: " as StaticString)
    output.append(decimal: body.utf8.count)
    output.append("\r\n\r\n" as StaticString)
    output.append(body)
  }
}
