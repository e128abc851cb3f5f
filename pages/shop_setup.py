"""Shop setup."""

import streamlit as st

st.title("Shop setup")
