internal import Domain
internal import Services

/// Where goods lie, as operators keep it.
enum LocationRoutes {
  static let all: [Route<Node>] = [create, list, read, change, holdings]

  private static let create = Route<Node>(
    RouteDescription(
      .post, "/v1/admin/locations", id: "createLocation",
      summary:
        "Create a location of a market. The first one takes what comes in without a word where to.",
      tag: tag, access: .permission(.stockWrite), body: .json(LocationSchema.draft),
      responses: [.init(201, "The location.", .data(LocationSchema.location))],
      errors: [.conflict])
  ) { node in
    .ordinary { context throws(APIError) in
      let fields = try context.fields()
      let name = try fields.required("name").text(length: LocationFields.nameLength)
      let priority =
        try fields.optional("priority")?.integer(in: LocationFields.priority)
        ?? LocationFields.defaultPriority
      let market =
        try fields.optional("market")?.marketName() ?? Market(context.tenant.defaultMarket)
      guard let market else { throw .invalid("market", "is required") }
      let location = try await refusing { () async throws(LocationService.Refusal) in
        try await node.locations.create(
          name: name, market: market, priority: priority, of: context.tenant.id,
          by: context.principal.user)
      }
      return .data(LocationView.location(location), status: 201)
    }
  }

  private static let list = Route<Node>(
    RouteDescription(
      .get, "/v1/admin/locations", id: "listLocations", summary: "Locations, newest first.",
      tag: tag, access: .permission(.stockRead),
      query: QueryReader.page + [.init("market", "Only those of this market.", .market)],
      responses: [.init(200, "A page.", .page(LocationSchema.location))])
  ) { node in
    .ordinary { context throws(APIError) in
      let limit = try context.query.limit()
      let cursor = try context.query.cursor { Identifier($0) }
      let market = try context.query.text("market") == nil ? nil : try context.market()
      let locations = try await refusing { () async throws(LocationService.Refusal) in
        try await node.locations.list(
          of: context.tenant.id, market: market, before: cursor, limit: limit + 1)
      }
      let page = locations.prefix(limit)
      return .page(
        page.map(LocationView.location),
        nextCursor: locations.count > limit ? page.last?.id.description : nil)
    }
  }

  private static let read = Route<Node>(
    RouteDescription(
      .get, "/v1/admin/locations/{id}", id: "getLocation", summary: "One location.", tag: tag,
      access: .permission(.stockRead),
      responses: [.init(200, "The location.", .data(LocationSchema.location))])
  ) { node in
    .ordinary { context throws(APIError) in
      let id = try context.identifier("id")
      let location = try await refusing { () async throws(LocationService.Refusal) in
        try await node.locations.find(id, of: context.tenant.id)
      }
      return .data(LocationView.location(location))
    }
  }

  private static let change = Route<Node>(
    RouteDescription(
      .patch, "/v1/admin/locations/{id}", id: "changeLocation",
      summary: "Rename a location, or change when goods are taken from it.", tag: tag,
      access: .permission(.stockWrite), body: .json(LocationSchema.change),
      responses: [.init(200, "The changed location.", .data(LocationSchema.location))],
      errors: [.conflict])
  ) { node in
    .ordinary { context throws(APIError) in
      let id = try context.identifier("id")
      let change = try change(try context.fields())
      let location = try await refusing { () async throws(LocationService.Refusal) in
        try await node.locations.change(id, change, of: context.tenant.id)
      }
      return .data(LocationView.location(location))
    }
  }

  private static let holdings = Route<Node>(
    RouteDescription(
      .get, "/v1/admin/skus/{sku}/locations", id: "listStockByLocation",
      summary: "What of a SKU lies where, in the order in which it is taken.", tag: tag,
      access: .permission(.stockRead),
      responses: [.init(200, "All on one page.", .page(LocationSchema.holding))])
  ) { node in
    .ordinary { context throws(APIError) in
      guard let sku = SKU(context.parameter("sku")) else { throw .notFound }
      let holdings = try await refusing { () async throws(LocationService.Refusal) in
        try await node.locations.holdings(of: sku, tenant: context.tenant.id)
      }
      return .page(holdings.map(LocationView.holding), nextCursor: nil)
    }
  }

  private static let tag = "Stock"

  private static func change(
    _ fields: FieldReader
  ) throws(APIError) -> LocationService.Change {
    guard fields.hasAny(of: ["name", "priority", "active", "default"]) else {
      throw .invalid("body", "must name a field that can be changed")
    }
    if let market = fields.optional("market") { throw market.refusal("cannot be changed") }
    var change = LocationService.Change()
    change.name = try fields.present("name")?.text(length: LocationFields.nameLength)
    change.priority = try fields.present("priority")?.integer(in: LocationFields.priority)
    change.isActive = try fields.present("active")?.bool()
    if let field = try fields.present("default") {
      guard try field.bool() else { throw field.refusal("must be true; make another one default") }
      change.isDefault = true
    }
    return change
  }
}

extension LocationService.Refusal: WireRefusal {
  var onWire: APIError {
    switch self {
    case .invalid(let field, let reason): .invalid(field, reason)
    case .notFound: .notFound
    case .nameTaken: APIError(.conflict, details: ["field": "name"])
    case .unavailable: .unavailable
    }
  }
}
