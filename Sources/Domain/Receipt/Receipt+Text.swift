extension Receipt {
  /// The receipt for people, line by line.
  public func text(in language: Language) -> String {
    let words = ReceiptWords(language)
    var text = [words.title, seller, "\(words.order) \(order)"]
    text.append(
      "\(words.paid): \(DateText.minute(paidAt, in: language, offset: utcOffset))")
    text.append("")
    for line in lines {
      let quantity = NumberText.grouped(line.quantity)
      text.append(
        "\(line.sku)  \(quantity) × \(money(line.unitPrice, language))  "
          + money(line.amount, language))
    }
    text.append("")
    text += sums(words, language)
    if let returnable {
      let day = DateText.day(returnable, in: language, offset: utcOffset)
      text += ["", "\(words.returns): \(day)"]
    }
    return text.joined(separator: "\n") + "\n"
  }

  /// What is nothing is left out, but for the subtotal and the total.
  private func sums(_ words: ReceiptWords, _ language: Language) -> [String] {
    let parts = [
      (words.discount, -totals.discount), (words.tax, totals.tax),
      (words.shipping, totals.shipping),
    ]
    var sums = ["\(words.subtotal): \(money(totals.subtotal, language))"]
    for (word, amount) in parts where amount != 0 {
      sums.append("\(word): \(money(amount, language))")
    }
    sums.append("\(words.total): \(money(totals.total, language))")
    if totals.includedTax != 0 {
      sums.append("\(words.includedTax): \(money(totals.includedTax, language))")
    }
    return sums
  }

  private func money(_ amount: Int, _ language: Language) -> String {
    MoneyText.text(Money(amount: amount, currency: currency), in: language)
  }
}

/// The words of a receipt in one language.
private struct ReceiptWords {
  let title: String
  let order: String
  let paid: String
  let subtotal: String
  let discount: String
  let tax: String
  let includedTax: String
  let shipping: String
  let total: String
  let returns: String

  init(_ language: Language) {
    switch language {
    case .english:
      title = "Electronic receipt"
      order = "Order"
      paid = "Paid"
      subtotal = "Subtotal"
      discount = "Discount"
      tax = "Tax"
      includedTax = "Tax in the total"
      shipping = "Shipping"
      total = "Total"
      returns = "Returns until"
    case .korean:
      title = "전자 영수증"
      order = "주문"
      paid = "결제 일시"
      subtotal = "상품 금액"
      discount = "할인"
      tax = "세금"
      includedTax = "합계에 포함된 세금"
      shipping = "배송비"
      total = "합계"
      returns = "반품 가능 기한"
    }
  }
}
