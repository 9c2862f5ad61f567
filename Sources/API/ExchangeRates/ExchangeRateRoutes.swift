internal import Domain
internal import Services

/// Exchange rates, and what money is worth by them.
enum ExchangeRateRoutes {
  static let all: [Route<Node>] = [create, list, convert]

  private static let create = Route<Node>(
    RouteDescription(
      .post, "/v1/admin/exchange-rates", id: "createExchangeRate",
      summary: "Enter what a currency is worth in another from an instant on.", tag: tag,
      access: .permission(.settingsWrite), body: .json(ExchangeRateSchema.draft),
      responses: [.init(201, "The rate.", .data(ExchangeRateSchema.rate))], errors: [.conflict])
  ) { node in
    .ordinary { context throws(APIError) in
      let draft = try ExchangeRateReader.draft(
        try context.fields(), now: node.clock.now())
      if draft.validFrom == nil, let until = draft.validUntil, until <= node.clock.now() {
        throw .invalid("valid_until", "must be in the future")
      }
      let record = try await refusing { () async throws(ExchangeRateService.Refusal) in
        try await node.exchangeRates.add(
          draft.rate, validFrom: draft.validFrom, validUntil: draft.validUntil,
          of: context.tenant.id, by: context.principal.user)
      }
      return .data(ExchangeRateView.rate(record), status: 201)
    }
  }

  private static let list = Route<Node>(
    RouteDescription(
      .get, "/v1/admin/exchange-rates", id: "listExchangeRates",
      summary: "Exchange rates, those entered last first.", tag: tag,
      access: .permission(.settingsWrite), query: QueryReader.page,
      responses: [.init(200, "A page.", .page(ExchangeRateSchema.rate))])
  ) { node in
    .ordinary { context throws(APIError) in
      let limit = try context.query.limit()
      let cursor = try context.query.cursor { Identifier($0) }
      let records = try await refusing { () async throws(ExchangeRateService.Refusal) in
        try await node.exchangeRates.list(
          of: context.tenant.id, before: cursor, limit: limit + 1)
      }
      let page = records.prefix(limit)
      return .page(
        page.map(ExchangeRateView.rate),
        nextCursor: records.count > limit ? page.last?.id.description : nil)
    }
  }

  private static let convert = Route<Node>(
    RouteDescription(
      .get, "/v1/exchange", id: "convertMoney",
      summary: "What a sum is worth in another currency now.", tag: tag, access: .anyone,
      query: [
        .init("amount", "Minor units of from.", .integer(amounts)),
        .init("from", "The sum's currency.", .moneyCode),
        .init("to", "The other currency.", .moneyCode),
      ],
      responses: [.init(200, "The sum's worth.", .data(ExchangeRateSchema.conversion))])
  ) { node in
    .ordinary { context throws(APIError) in
      guard let amount = try context.query.integer("amount", in: amounts) else {
        throw .invalid("amount", "is required")
      }
      let money = Money(amount: amount, currency: try currency("from", context.query))
      let to = try currency("to", context.query)
      guard to != money.currency else {
        throw .invalid("to", "must be another currency than from")
      }
      let conversion = try await refusing { () async throws(ExchangeRateService.Refusal) in
        try await node.exchangeRates.convert(money, to: to, of: context.tenant.id)
      }
      return .data(ExchangeRateView.conversion(of: money, conversion))
    }
  }

  private static func currency(_ name: String, _ query: QueryReader) throws(APIError) -> Currency {
    guard let text = try query.text(name) else { throw .invalid(name, "is required") }
    guard let currency = Currency(rawValue: text), currency.isMoney else {
      throw .invalid(name, Currency.moneyRule)
    }
    return currency
  }

  private static let amounts = 0...Int.max
  private static let tag = "Exchange rates"
}

extension ExchangeRateService.Refusal: WireRefusal {
  var onWire: APIError {
    switch self {
    case .conflict: APIError(.conflict, details: ["field": "valid_from"])
    case .noRate: .notFound
    case .outOfRange: .invalid("amount", "is too large in the other currency")
    case .unavailable: .unavailable
    }
  }
}
