internal import EventLoop

/// What shoppers ask.
extension ShopperCrowd {
  func write(_ index: Int, _ output: ByteBuffer) {
    let shopper = shoppers[index]!
    switch shopper.step {
    case .join:
      begin("POST", "/v1/rooms/\(plan.room!)/tickets", output)
      authorize(shopper, output)
      body("", output)
    case .poll:
      begin("GET", ticketPath(shopper), output)
      output.append("\r\n" as StaticString)
    case .leave:
      // The server goes on counting until it has read this.
      leaveRoom(index)
      begin("DELETE", ticketPath(shopper), output)
      body("", output)
    case .look:
      let sku = shopper.turn.skus[plan.terms.sku(of: shopper.user)]
      begin("GET", "/v1/skus/\(sku)/stock?sale_id=\(shopper.turn.sale)", output)
      output.append("\r\n" as StaticString)
    case .claim, .claimAgain:
      begin("POST", "/v1/campaigns/\(shopper.turn.campaign)/coupons", output)
      authorize(shopper, output)
      body("", output)
    case .order: order(shopper, output)
    case .pay, .payAgain:
      begin("POST", "/v1/orders/\(shopper.order!)/payment", output)
      authorize(shopper, output)
      key("pay", shopper, output)
      body(#"{"method":"wallet"}"#, output)
    case .cancel:
      begin("POST", "/v1/orders/\(shopper.order!)/cancel", output)
      authorize(shopper, output)
      key("cancel", shopper, output)
      body(#"{"reason":"changed my mind"}"#, output)
    }
  }

  private func order(_ shopper: Shopper, _ output: ByteBuffer) {
    let number = plan.terms.sku(of: shopper.user)
    let sku = shopper.turn.skus[number]
    shopper.turn.demand.asks(shopper.user, sku: number, at: EventLoop.nanoseconds())
    begin("POST", "/v1/orders", output)
    authorize(shopper, output)
    key("order", shopper, output)
    body(
      #"{"sale_id":"\#(shopper.turn.sale)","lines":[{"sku":"\#(sku)","quantity":1}]}"#, output)
  }

  private func ticketPath(_ shopper: Shopper) -> String {
    "/v1/rooms/\(plan.room!)/tickets/\(String(decoding: shopper.ticket, as: UTF8.self))"
  }

  // MARK: Parts

  private func begin(_ method: StaticString, _ path: String, _ output: ByteBuffer) {
    output.append(method)
    output.append(" " as StaticString)
    output.append(path)
    output.append(" HTTP/1.1\r\nHost: " as StaticString)
    output.append(plan.load.target.host)
    output.append("\r\n" as StaticString)
  }

  private func authorize(_ shopper: Shopper, _ output: ByteBuffer) {
    output.append("Authorization: Bearer " as StaticString)
    tokens.write(shopper.user, into: output)
    output.append("\r\n" as StaticString)
    guard !shopper.admission.isEmpty else { return }
    output.append("X-Admission-Token: " as StaticString)
    output.append(shopper.admission)
    output.append("\r\n" as StaticString)
  }

  private func key(_ kind: StaticString, _ shopper: Shopper, _ output: ByteBuffer) {
    output.append("X-Idempotency-Key: " as StaticString)
    output.append(kind)
    output.append("-\(plan.run)-" as String)
    output.append(decimal: shopper.number)
    output.append("\r\n" as StaticString)
  }

  private func body(_ text: String, _ output: ByteBuffer) {
    if !text.isEmpty { output.append("Content-Type: application/json\r\n" as StaticString) }
    output.append("Content-Length: " as StaticString)
    output.append(decimal: text.utf8.count)
    output.append("\r\n\r\n" as StaticString)
    output.append(text)
  }
}
