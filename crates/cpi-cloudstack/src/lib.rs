//! cpi-cloudstack
