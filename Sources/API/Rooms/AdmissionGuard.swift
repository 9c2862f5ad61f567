internal import Domain
internal import HTTP
internal import Services

extension HotRequest {
  /// Goes on with `body` if no room stands before what is asked for, or if the request carries an
  /// admission to it; with `ended` if it carries one that counted once, which refuses the request unless it is
  /// the repeat of one that was answered; else it is refused here, without asking anybody: a crowd that comes
  /// without admissions costs the cell nothing. At once, or once what must be known was read.
  @inline(__always)
  func pass(
    _ room: Identifier?, _ admission: AdmissionCheck, _ body: @escaping () -> Void,
    ended: @escaping () -> Void
  ) {
    guard let room else { return body() }
    admission.check(
      exchange.header(.admissionToken), to: room, of: tenant.id, user: principal.user
    ) { [self] finding in
      switch finding {
      case .admitted:
        meter = admission.meter(of: room, of: tenant.id)
        body()
      case .ended: ended()
      case .refused: refuse(.admissionRequired)
      case .unavailable: refuse(.internalRetryable)
      }
    }
  }
}
