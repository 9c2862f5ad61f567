/// A route as a value: what is known of it, and how its handler is made from the services of a loop.
public struct Route<Services>: Sendable {
  public let description: RouteDescription
  let handler: @Sendable (Services) -> RouteHandler

  public init(
    _ description: RouteDescription, handler: @escaping @Sendable (Services) -> RouteHandler
  ) {
    self.description = description
    self.handler = handler
  }
}

/// All routes of a program, declared once.
public struct RouteTable<Services>: Sendable {
  public let routes: [Route<Services>]

  /// - Parameter routes: the program's own; the operations routes are added to them.
  public init(_ routes: [Route<Services>]) {
    let operations = OperationsRoutes.all.map { description, operation in
      Route<Services>(description) { _ in .operation(operation) }
    }
    self.routes = routes + operations
    let names = Set(self.routes.map(\.description.operationID))
    precondition(names.count == self.routes.count, "two routes have one operation id")
  }

  public var descriptions: [RouteDescription] { routes.map(\.description) }

  /// The OpenAPI 3.1 document as JSON.
  public var document: JSONValue { OpenAPIDocument.make(descriptions) }
}
