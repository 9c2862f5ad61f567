internal import Domain
internal import EventLoop
internal import HotPath

/// Writes the JSON of the order route straight into the output.
enum OrderWriter {
  /// An order that was just reserved.
  ///
  /// - Parameter content: what ``writeContent(_:_:_:coupon:sale:market:to:)`` wrote of it, or of one that says
  ///   the same.
  static func write(
    _ reservation: Reservation, content: [UInt8], acknowledgement: Acknowledgement,
    to output: ByteBuffer
  ) {
    output.append(#"{"order_id":""#)
    output.append(reservation.order)
    output.append(content)
    output.append(reservation.deadline)
    switch acknowledgement {
    case .hot: output.append(#"","acknowledged":"hot"}"#)
    case .ledger: output.append(#"","acknowledged":"ledger"}"#)
    }
  }

  /// What an order says between its id and its deadline.
  static func writeContent(
    _ reservation: Reservation, _ lines: [ReserveOperation.Line], _ totals: OrderTotals,
    coupon: Identifier?, sale: Identifier?, market: Market, to output: ByteBuffer
  ) {
    output.append(#"","status":"PENDING","sale_id":"#)
    write(sale, to: output)
    output.append(#","market":""#)
    output.append(market.description)
    output.append(#"","coupon_id":"#)
    write(coupon, to: output)
    output.append(#","lines":["#)
    write(lines, reservation, to: output)
    write(totals, reservation.currency, to: output)
    output.append(#","reserved_until":""#)
  }

  private static func write(
    _ lines: [ReserveOperation.Line], _ reservation: Reservation, to output: ByteBuffer
  ) {
    for (position, line) in lines.enumerated() {
      let price = reservation.unitPrices[position]
      if position > 0 { output.append(UInt8(ascii: ",")) }
      output.append(#"{"sku":""#)
      output.append(line.stock.sku.description)
      output.append(#"","quantity":"#)
      output.append(decimal: line.quantity)
      output.append(#","unit_price":"#)
      write(price, reservation.currency, to: output)
      output.append(#","total":"#)
      write(price * line.quantity, reservation.currency, to: output)
      output.append(UInt8(ascii: "}"))
    }
  }

  private static func write(
    _ totals: OrderTotals, _ currency: Currency, to output: ByteBuffer
  ) {
    output.append(#"],"subtotal":"#)
    write(totals.subtotal, currency, to: output)
    output.append(#","discount":"#)
    write(totals.discount, currency, to: output)
    output.append(#","tax":"#)
    write(totals.tax, currency, to: output)
    output.append(#","included_tax":"#)
    write(totals.includedTax, currency, to: output)
    output.append(#","shipping":"#)
    write(totals.shipping, currency, to: output)
    output.append(#","total":"#)
    write(totals.total, currency, to: output)
  }

  private static func write(_ identifier: Identifier?, to output: ByteBuffer) {
    guard let identifier else { return output.append("null") }
    output.append(UInt8(ascii: "\""))
    output.append(identifier)
    output.append(UInt8(ascii: "\""))
  }

  private static func write(_ amount: Int, _ currency: Currency, to output: ByteBuffer) {
    output.append(#"{"amount":"#)
    output.append(decimal: amount)
    output.append(#","currency":""#)
    output.append(currency.rawValue)
    output.append(#""}"#)
  }

  // MARK: Details of refusals

  /// SKUs that are not sold.
  static func writeUnknown(_ skus: [SKU], to output: ByteBuffer) {
    output.append(#"{"skus":["#)
    for (position, sku) in skus.enumerated() {
      if position > 0 { output.append(UInt8(ascii: ",")) }
      output.append(UInt8(ascii: "\""))
      output.append(sku.description)
      output.append(UInt8(ascii: "\""))
    }
    output.append("]}")
  }

  /// SKUs that there is too little of.
  static func write(
    _ shortages: [Shortage], of lines: [ReserveOperation.Line], to output: ByteBuffer
  ) {
    output.append(#"{"skus":["#)
    for (position, shortage) in shortages.enumerated() {
      let line = lines[shortage.line]
      if position > 0 { output.append(UInt8(ascii: ",")) }
      output.append(#"{"sku":""#)
      output.append(line.stock.sku.description)
      output.append(#"","requested":"#)
      output.append(decimal: line.quantity)
      output.append(#","available":"#)
      output.append(decimal: shortage.available)
      output.append(UInt8(ascii: "}"))
    }
    output.append("]}")
  }

  /// The limit that one user may have.
  static func write(_ sku: SKU, limit: Int, has: Int, to output: ByteBuffer) {
    output.append(#"{"sku":""#)
    output.append(sku.description)
    output.append(#"","limit":"#)
    output.append(decimal: limit)
    output.append(#","has":"#)
    output.append(decimal: has)
    output.append(UInt8(ascii: "}"))
  }
}
