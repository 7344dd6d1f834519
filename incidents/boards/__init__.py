"""What single regions of the room show, one a module; `IncidentRoom` hands each out when it is first asked for."""
