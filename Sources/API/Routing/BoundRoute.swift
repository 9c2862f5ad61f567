internal import Domain

/// A route on one loop, with its handler and its metrics. Loop-confined.
public final class BoundRoute {
  public let description: RouteDescription
  let handler: RouteHandler
  let metrics: RouteMetrics

  // What the pipeline looks at for every request, taken out of the description once.
  let takesBody: Bool
  let needsBody: Bool
  let logsAlways: Bool
  let idempotency: RouteDescription.Idempotency
  let needsTenant: Bool
  /// What the caller must be allowed; nil where anyone may call.
  let permission: PermissionSet?
  /// What else lets a caller in, for what is the caller's own; nil where nothing does.
  let ownPermission: PermissionSet?
  /// The route's number for rate policies; nil where no policy is for it.
  let rateNumber: Int?
  /// Whether a token is looked at where there is one.
  let takesVisitors: Bool

  init(
    _ description: RouteDescription, handler: RouteHandler, metrics: RouteMetrics,
    rateNumber: Int? = nil
  ) {
    self.rateNumber = rateNumber
    self.description = description
    self.handler = handler
    self.metrics = metrics
    takesBody = description.takesBody
    if case .json = description.body { needsBody = true } else { needsBody = false }
    logsAlways = description.isAdministration
    idempotency = description.idempotency
    needsTenant = description.needsTenant
    let alternatives = description.access.alternatives ?? []
    permission = alternatives.first
    ownPermission = alternatives.count > 1 ? alternatives[1] : nil
    takesVisitors = description.access == .visitor
  }
}
