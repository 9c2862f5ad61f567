extension OrderTerms: TextCodable {
  /// Reads what ``description`` writes, and nothing else.
  public init?(_ text: String) {
    guard OrderTermsWord.lengths.contains(text.utf8.count) else { return nil }
    if text == OrderTermsWord.none {
      self = .none
      return
    }
    do throws(TermsParts.Malformed) {
      try self.init(TermsParts(text))
    } catch {
      return nil
    }
    // One value has one text.
    guard description == text else { return nil }
  }

  private init(_ parts: TermsParts) throws(TermsParts.Malformed) {
    var parts = parts
    let tax = try parts.tax()
    let shipping = try parts.shipping()
    let rounding = try parts.rounding()
    let coupon = try parts.coupon()
    guard parts.isAtEnd else { throw TermsParts.Malformed() }
    self.init(tax: tax, shipping: shipping, coupon: coupon, rounding: rounding)
  }

  /// `-` for ``none``; else the parts that there are, in this order, parted by `;`:
  ///
  ///     T<basis points>[i]                  tax; i where prices have it in them
  ///     S<fee>:[<free from>]:<currency>     shipping
  ///     R<h or e>                           tax and rates are rounded half up, half even
  ///     C<coupon>:<campaign>
  ///     Dr<basis points>:[<maximum>]:[<currency>]
  ///     Da<amount>:<currency>               what the coupon takes off
  ///     M<minimum subtotal>
  ///     L<hexadecimal bits>                 the lines that the coupon is for, where not all
  public var description: String {
    guard self != .none else { return OrderTermsWord.none }
    var parts: [String] = []
    if let tax { parts.append("T\(tax.basisPoints)\(tax.isIncluded ? "i" : "")") }
    if let shipping {
      let from = shipping.freeFrom.map(String.init) ?? ""
      parts.append("S\(shipping.fee):\(from):\(shipping.currency.rawValue)")
    }
    if tax != nil || coupon != nil { parts.append(rounding == .halfUp ? "Rh" : "Re") }
    if let coupon { parts += coupon.parts }
    return parts.joined(separator: ";")
  }
}

extension CouponTerms {
  fileprivate var parts: [String] {
    var parts = ["C\(coupon):\(campaign)"]
    switch discount {
    case .rate(let basisPoints, let maximum, let currency):
      parts.append("Dr\(basisPoints):\(maximum.map(String.init) ?? ""):\(currency ?? "")")
    case .amount(let amount, let currency): parts.append("Da\(amount):\(currency)")
    }
    if let minimumSubtotal { parts.append("M\(minimumSubtotal)") }
    if lines != .all { parts.append("L\(lines.text)") }
    return parts
  }
}
