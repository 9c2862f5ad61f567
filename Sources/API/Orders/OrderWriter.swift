internal import Domain
internal import EventLoop
internal import HotPath

/// Writes the JSON of the order route straight into the output.
enum OrderWriter {
  /// An order that was just reserved.
  static func write(
    _ reservation: Reservation, _ lines: [ReserveOperation.Line], sale: Identifier?,
    market: Market, acknowledgement: Acknowledgement, to output: ByteBuffer
  ) {
    output.append(#"{"order_id":""#)
    output.append(reservation.order)
    output.append(#"","status":"PENDING","sale_id":"#)
    if let sale {
      output.append(UInt8(ascii: "\""))
      output.append(sale)
      output.append(#"","market":""#)
    } else {
      output.append(#"null,"market":""#)
    }
    output.append(market.description)
    output.append(#"","lines":["#)
    let total = write(lines, reservation, to: output)
    let currency = reservation.currency
    output.append(#"],"subtotal":"#)
    write(total, currency, to: output)
    output.append(#","discount":"#)
    write(0, currency, to: output)
    output.append(#","tax":"#)
    write(0, currency, to: output)
    output.append(#","shipping":"#)
    write(0, currency, to: output)
    output.append(#","total":"#)
    write(total, currency, to: output)
    output.append(#","reserved_until":""#)
    output.append(reservation.deadline)
    switch acknowledgement {
    case .hot: output.append(#"","acknowledged":"hot"}"#)
    case .ledger: output.append(#"","acknowledged":"ledger"}"#)
    }
  }

  /// Returns the sum of all lines.
  private static func write(
    _ lines: [ReserveOperation.Line], _ reservation: Reservation, to output: ByteBuffer
  ) -> Int {
    var sum = 0
    for (position, line) in lines.enumerated() {
      let price = reservation.unitPrices[position]
      let total = price * line.quantity
      sum += total
      if position > 0 { output.append(UInt8(ascii: ",")) }
      output.append(#"{"sku":""#)
      output.append(line.stock.sku.description)
      output.append(#"","quantity":"#)
      output.append(decimal: line.quantity)
      output.append(#","unit_price":"#)
      write(price, reservation.currency, to: output)
      output.append(#","total":"#)
      write(total, reservation.currency, to: output)
      output.append(UInt8(ascii: "}"))
    }
    return sum
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
