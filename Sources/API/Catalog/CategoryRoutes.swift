internal import Domain
internal import Ledger
internal import Services

/// Categories as operators manage them.
enum CategoryRoutes {
  static let all: [Route<Node>] = [create, list, change, delete]

  private static let create = Route<Node>(
    RouteDescription(
      .post, "/v1/admin/categories", id: "createCategory", summary: "Add a category.", tag: tag,
      access: .permission(.productWrite), body: .json(CategorySchema.draft),
      responses: [.init(201, "The category.", .data(CategorySchema.managed))],
      errors: [.conflict, .limitReached])
  ) { node in
    .ordinary { context throws(APIError) in
      let fields = try context.fields()
      let slug = try fields.required("slug").slug()
      let parts = try CategoryReader.parts(fields)
      let category = try await refusing { () async throws(CategoryService.Refusal) in
        try await node.categories.create(slug, parts, of: context.tenant.id)
      }
      return .data(CategoryView.managed(category), status: 201)
    }
  }

  private static let list = Route<Node>(
    RouteDescription(
      .get, "/v1/admin/categories", id: "listManagedCategories",
      summary: "All categories, each behind the one that it is a part of.", tag: tag,
      access: .permission(.stockRead),
      responses: [.init(200, "All on one page.", .page(CategorySchema.managed))])
  ) { node in
    .ordinary { context throws(APIError) in
      let tree = try await refusing { () async throws(CategoryService.Refusal) in
        try await node.categories.all(of: context.tenant.id)
      }
      return .page(tree.ordered.map(CategoryView.managed), nextCursor: nil)
    }
  }

  private static let change = Route<Node>(
    RouteDescription(
      .patch, "/v1/admin/categories/{slug}", id: "changeCategory",
      summary: "Change the parts of a category that are named.", tag: tag,
      access: .permission(.productWrite), body: .json(CategorySchema.change),
      responses: [.init(200, "The changed category.", .data(CategorySchema.managed))],
      errors: [.notFound])
  ) { node in
    .ordinary { context throws(APIError) in
      guard let slug = CategorySlug(context.parameter("slug")) else { throw .notFound }
      let fields = try context.fields()
      guard fields.hasAny(of: ["parent", "position", "names"]) else {
        throw .invalid("body", "must name a field that can be changed")
      }
      let parts = try CategoryReader.parts(fields)
      let category = try await refusing { () async throws(CategoryService.Refusal) in
        try await node.categories.change(slug, parts, of: context.tenant.id)
      }
      return .data(CategoryView.managed(category))
    }
  }

  private static let delete = Route<Node>(
    RouteDescription(
      .delete, "/v1/admin/categories/{slug}", id: "deleteCategory",
      summary: "Take out a category that has neither parts nor products.", tag: tag,
      access: .permission(.productWrite),
      responses: [.init(204, "It is gone.", .none)], errors: [.conflict])
  ) { node in
    .ordinary { context throws(APIError) in
      guard let slug = CategorySlug(context.parameter("slug")) else { throw .notFound }
      try await refusing { () async throws(CategoryService.Refusal) in
        try await node.categories.delete(slug, of: context.tenant.id)
      }
      return .done
    }
  }

  private static let tag = "Catalog"
}

extension CategoryService.Refusal: WireRefusal {
  var onWire: APIError {
    switch self {
    case .invalid(let field, let reason): .invalid(field, reason)
    case .notFound: .notFound
    case .conflict: APIError(.conflict)
    case .inUse(let contents):
      APIError(
        .conflict, details: ["field": "slug", "reason": .string("it has \(contents.rawValue)")])
    case .full: APIError(.limitReached)
    case .unavailable: .unavailable
    }
  }
}
